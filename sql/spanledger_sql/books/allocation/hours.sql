-- Allocates hours of one commitment over the calls it covers in each, by largest remainder on the last digit (1e-12 USD),
-- so that the parts of an hour sum to its cost exactly. What the calls leave of the capacity, and an hour without
-- calls, is idle. Calls that all weigh nothing share their hour evenly.
-- Parameters: commitment_id String; version UInt64; from, to DateTime('UTC'): the hours to allocate now, half-open;
--     idle_tenant String: who bears idle cost; idle UInt8: 1, or 2 where it is to be shared out.
INSERT INTO allocation_row
WITH
    (
        SELECT (
            begins, toUInt64(dateDiff('hour', begins, ends)), toUInt256(reinterpret(amount, 'Int128')),
            policy, toUInt256(output_weight * 10000), toUInt256(capacity * 10000)
        )
        FROM commitment FINAL
        WHERE commitment_id = {commitment_id:String}
    ) AS one,
    one.1 AS begins,
    one.2 AS hours,
    one.3 AS units,
    one.4 AS policy,
    -- A duration weighs in tenths of a millisecond, everything else in ten-thousandths.
    one.6 AS capacity,
    hour_cost AS
    (
        SELECT
            toDateTime(toUnixTimestamp(begins) + 3600 * number, 'UTC') AS hour,
            intDiv(units, hours) + if(number < units % hours, 1, 0) AS cost
        FROM numbers(assumeNotNull(toUInt64(dateDiff('hour', begins, {to:DateTime('UTC')}))))
        WHERE number >= dateDiff('hour', begins, {from:DateTime('UTC')})
    ),
    covered AS
    (
        SELECT
            toStartOfHour(toDateTime(call.ts, 'UTC')) AS hour,
            call.tenant_id AS tenant_id,
            call.trace_id AS trace_id,
            call.span_id AS span_id,
            multiIf(
                policy = 'tokens', toUInt256(call.input_tokens + call.output_tokens) * 10000,
                policy = 'weighted_tokens', toUInt256(call.input_tokens) * 10000 + toUInt256(call.output_tokens) * one.5,
                policy = 'duration', toUInt256(round(greatest(call.duration_ms, 0) * 10)),
                toUInt256(call.least_calls) * 10000
            ) AS weight
        FROM covered_call AS call
        WHERE call.commitment_id = {commitment_id:String}
            AND call.ts >= {from:DateTime('UTC')} AND call.ts < {to:DateTime('UTC')}
    ),
    used AS
    (
        SELECT hour, sum(weight) AS all_weight, count() AS calls FROM covered GROUP BY hour
    ),
    hour_weight AS
    (
        SELECT
            hour_cost.hour AS hour,
            hour_cost.cost AS cost,
            toUInt256(ifNull(used.calls, 0)) AS calls,
            ifNull(used.all_weight, toUInt256(0)) = 0 AS weightless,
            if(weightless, calls, ifNull(used.all_weight, toUInt256(0))) AS used_weight,
            -- Without calls, the hour's whole cost is idle.
            greatest(used_weight, if(weightless AND calls > 0, calls, capacity), toUInt256(1)) AS whole
        FROM hour_cost
        LEFT JOIN used
            ON used.hour = hour_cost.hour
    ),
    recipient AS
    (
        SELECT
            covered.hour AS hour, hour_weight.cost AS cost, hour_weight.whole AS whole,
            covered.tenant_id AS tenant_id, covered.trace_id AS trace_id, covered.span_id AS span_id,
            if(hour_weight.weightless, toUInt256(1), covered.weight) AS weight, toUInt8(0) AS idle
        FROM covered
        INNER JOIN hour_weight
            ON hour_weight.hour = covered.hour
        UNION ALL
        SELECT
            hour, cost, whole,
            {idle_tenant:String} AS tenant_id, '' AS trace_id, '' AS span_id,
            toUInt256(whole - used_weight) AS weight, {idle:UInt8} AS idle
        FROM hour_weight
        WHERE whole > used_weight
    ),
    share AS
    (
        SELECT
            *,
            intDiv(cost * weight, whole) AS floor_units,
            (cost * weight) % whole AS remainder
        FROM recipient
    )
SELECT
    {commitment_id:String} AS commitment_id,
    {version:UInt64} AS version,
    hour,
    tenant_id,
    trace_id,
    span_id,
    -- 1e-12 USD are the last digit of the column, whose bits are the number of units.
    reinterpret(toInt128(floor_units + if(place <= toUInt256(cost - allotted), 1, 0)), 'Decimal(38, 12)') AS amount,
    idle,
    toDate(hour) AS day
FROM
(
    SELECT
        *,
        sum(floor_units) OVER (PARTITION BY hour) AS allotted,
        row_number() OVER (PARTITION BY hour ORDER BY remainder DESC, trace_id, span_id) AS place
    FROM share
)

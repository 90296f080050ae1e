-- Allocates a month of a commitment to seats: the part of the seats that were used over the calls of their users, by largest
-- remainder on the last digit (1e-12 USD), so that the parts sum to the month's cost exactly; the part of the others is
-- idle, on the month's first hour. A seat is used where a user made a call; calls without a user are one user's. Where a seat
-- has an allowance, what a user's calls cost beyond it, in the order in which they began, is the calls' own on top.
-- Parameters: commitment_id String; version UInt64; from, to DateTime('UTC'): the month, or what of it is in the period;
--     idle_tenant String: who bears idle cost.
INSERT INTO allocation_row
WITH
    (
        SELECT (begins, toUInt64(dateDiff('hour', begins, ends)), toUInt256(reinterpret(amount, 'Int128')), policy,
                toUInt256(output_weight * 10000), toUInt256(seats), allowance)
        FROM commitment FINAL
        WHERE commitment_id = {commitment_id:String}
    ) AS one,
    one.2 AS hours,
    -- The first hours cost a last digit more each where the amount does not divide.
    (hour -> intDiv(one.3, hours) * toUInt256(hour) + toUInt256(least(hour, toUInt64(one.3 % hours)))) AS cost_before,
    cost_before(toUInt64(dateDiff('hour', one.1, {to:DateTime('UTC')})))
        - cost_before(toUInt64(dateDiff('hour', one.1, {from:DateTime('UTC')}))) AS cost,
    covered AS
    (
        SELECT
            toStartOfHour(toDateTime(call.ts, 'UTC')) AS hour,
            call.tenant_id AS tenant_id,
            call.user_id AS user_id,
            call.trace_id AS trace_id,
            call.span_id AS span_id,
            toDecimal128(ifNull(call.contracted_cost, 0), 12) AS cost_of_call,
            sum(cost_of_call) OVER (PARTITION BY call.user_id ORDER BY call.ts, call.trace_id, call.span_id) AS cost_so_far,
            if(one.7 = 0, toDecimal128(0, 12), greatest(toDecimal128(0, 12), least(cost_of_call, cost_so_far - one.7)))
                AS beyond_allowance,
            multiIf(
                one.4 = 'tokens', toUInt256(call.input_tokens + call.output_tokens) * 10000,
                one.4 = 'weighted_tokens', toUInt256(call.input_tokens) * 10000 + toUInt256(call.output_tokens) * one.5,
                toUInt256(call.least_calls) * 10000) AS weight
        FROM covered_call AS call
        WHERE call.commitment_id = {commitment_id:String}
            AND call.ts >= {from:DateTime('UTC')} AND call.ts < {to:DateTime('UTC')}
    ),
    (SELECT (toUInt256(uniqExact(user_id)), sum(weight), toUInt256(count())) FROM covered) AS use,
    intDiv(cost * least(use.1, one.6), one.6) AS used_cost,
    use.2 = 0 AS weightless,
    share AS
    (
        SELECT
            *,
            if(weightless, toUInt256(1), weight) AS own,
            greatest(toUInt256(1), if(weightless, use.3, use.2)) AS whole,
            intDiv(used_cost * own, whole) AS floor_units,
            (used_cost * own) % whole AS remainder
        FROM covered
    )
SELECT
    {commitment_id:String} AS commitment_id,
    {version:UInt64} AS version,
    hour,
    tenant_id,
    trace_id,
    span_id,
    -- 1e-12 USD are the last digit of the column, whose bits are the number of units.
    reinterpret(toInt128(floor_units + if(place <= toUInt256(used_cost - allotted), 1, 0)), 'Decimal(38, 12)')
        + beyond_allowance AS amount,
    toUInt8(0) AS idle,
    toDate(hour) AS day
FROM
(
    SELECT
        *,
        sum(floor_units) OVER () AS allotted,
        row_number() OVER (ORDER BY remainder DESC, trace_id, span_id) AS place
    FROM share
)
UNION ALL
SELECT
    {commitment_id:String}, {version:UInt64}, {from:DateTime('UTC')}, {idle_tenant:String}, '', '',
    reinterpret(toInt128(cost - used_cost), 'Decimal(38, 12)'), toUInt8(1), toDate({from:DateTime('UTC')})
FROM system.one
WHERE cost > used_cost

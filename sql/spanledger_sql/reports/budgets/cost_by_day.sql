-- What counts against budgets in USD, day by day: the effective cost of every charge, parts of commitments included.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the time, half-open
--   timezone String: of the days
--   scope String: `total`, `tenant`, `feature`, `cost_center`, `model` or `dimension`
--   dimension String: of `dimension`: its name
--   names Array(String): whose; of `total` the empty name
-- Columns:
--   name: whose
--   day: in the time zone
--   amount: USD, sum of what is known
--   at_once: of it, charges and invoices, which are booked whole in one moment, and seats that nobody uses: days to come are not alike
--   unknown_calls: calls of whose cost a part is in no row, or all
WITH
    told AS
    (
        SELECT
            {{budget_name}} AS name,
            toDate(toTimeZone(c.ts, {timezone:String})) AS day,
            sum(ifNull(c.contracted_cost, toDecimal128(0, 12))) AS amount,
            toDecimal128(0, 12) AS at_once,
            sumIf(c.least_calls, c.price_status NOT IN ('priced', 'free')) AS unknown_calls
        FROM call_hours(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')},
            moment = toDateTime64('2200-01-01', 6, 'UTC'), grain = 'day', timezone = {timezone:String}, told = [{dimension:String}]) AS c
        WHERE {{budget_asked}}
        GROUP BY name, day
        -- <commitments>
        UNION ALL
        -- What a commitment pays is charged with its parts.
        SELECT
            {{budget_name}}, toDate(toTimeZone(c.ts, {timezone:String})),
            -sum(toDecimal128(ifNull(c.contracted_cost, 0), 12)), toDecimal128(0, 12), toUInt64(0)
        FROM calls AS c
        INNER JOIN paid_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}) AS paid
            ON paid.trace_id = c.trace_id AND paid.span_id = c.span_id
        WHERE c.ts >= {from:DateTime64(9, 'UTC')} AND c.ts < {to:DateTime64(9, 'UTC')}
            AND {{budget_asked}}
            AND (SELECT count() FROM commitment) > 0
        GROUP BY ALL
        -- </commitments>
        -- <beside>
        UNION ALL
        SELECT
            {{budget_name}}, toDate(toTimeZone(c.ts, {timezone:String})),
            sum(if(c.is_prepaid, toDecimal128(0, 12), c.amount)),
            sumIf(c.amount, NOT c.is_prepaid AND (c.kind != 'commitment' OR c.charge_kind = 'seats' AND c.idle = 1)), toUInt64(0)
        FROM (SELECT * REPLACE (booked_at AS ts) FROM beside_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')})) AS c
        WHERE {{budget_asked}}
        GROUP BY ALL
        -- </beside>
    )
SELECT
    name,
    day,
    sum(t.amount) AS amount,
    ifNull(sum(t.at_once), toDecimal128(0, 12)) AS at_once,
    sum(t.unknown_calls) AS unknown_calls
FROM told AS t
GROUP BY
    name,
    day
ORDER BY
    name,
    day

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
--   unknown_calls: calls of whose cost a part is in no row, or all
SELECT
    {{budget_name}} AS name,
    toDate(toTimeZone(c.ts, {timezone:String})) AS day,
    sum(ifNull(c.effective_cost, toDecimal128(0, 12))) AS amount,
    sumIf(c.least_calls, c.first_of_call = 1 AND c.price_status NOT IN ('priced', 'free')) AS unknown_calls
FROM charges(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}) AS c
WHERE has({names:Array(String)}, name)
GROUP BY
    name,
    day
ORDER BY
    name,
    day

-- What counts against budgets in tokens or kgCO2e, day by day: input and output tokens, cached ones included; emissions of
-- the operation, location-based, metered idle energy included, as `chargeback` has them.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the time, half-open
--   timezone String: of the days
--   scope String: `total`, `tenant`, `feature`, `cost_center`, `model` or `dimension`
--   dimension String: of `dimension`: its name
--   names Array(String): whose; of `total` the empty name
--   unit String: `tokens` or `kgco2e`
-- Columns:
--   name: whose
--   day: in the time zone
--   amount: in the unit, sum of what is known
--   at_once: 0; as of `budgets/cost_by_day`
--   unknown_calls: calls whose tokens or emissions are in no row
WITH
    told AS
    (
        SELECT
            {{budget_name}} AS name,
            toDate(toTimeZone(c.ts, {timezone:String})) AS day,
            sum(ifNull(c.input_tokens, 0)) + sum(ifNull(c.output_tokens, 0)) AS tokens,
            sum(ifNull(c.co2e_g, 0)) AS co2e_g,
            sumIf(c.calls, if({unit:String} = 'tokens', c.usage_source = 'missing', c.co2e_g IS NULL)) AS unknown_calls
        FROM drawn_hours(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')},
            moment = toDateTime64('2200-01-01', 6, 'UTC'), grain = 'day', timezone = {timezone:String}, told = [{dimension:String}]) AS c
        WHERE c.ts >= {from:DateTime64(9, 'UTC')}
            AND c.ts < {to:DateTime64(9, 'UTC')}
            AND {{budget_asked}}
        GROUP BY name, day
    )
SELECT
    name,
    day,
    if({unit:String} = 'tokens', toDecimal128(told.tokens, 12), toDecimal128(told.co2e_g / 1000, 12)) AS amount,
    toDecimal128(0, 12) AS at_once,
    unknown_calls
FROM told
ORDER BY
    name,
    day

-- When in the week calls are made, energy is drawn and emissions arise, hour by hour, and how clean the grid is then.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   timezone String: of the days and hours
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): as the ledger was then
-- Columns:
--   weekday: 1 is Monday, 7 Sunday
--   hour: of the local day, 0 to 23
--   calls: counted ones
--   unknown_co2e_calls: of them, without known emissions
--   tokens: input and output
--   energy_wh: Wh at the facility, sum of what is known
--   co2e_g: location-based, gCO2e, sum of what is known
--   intensity_g_per_kwh: mean weighted by energy, gCO2e/kWh
SELECT
    toDayOfWeek(toTimeZone(c.ts, {timezone:String})) AS weekday,
    toHour(toTimeZone(c.ts, {timezone:String})) AS hour,
    sum(c.calls) AS calls,
    sumIf(c.least_calls, c.co2e_g IS NULL) AS unknown_co2e_calls,
    sum(c.input_tokens) + sum(c.output_tokens) AS tokens,
    sum(c.energy_wh) AS energy_wh,
    sum(c.co2e_g) AS co2e_g,
    co2e_g / nullIf(sumIf(c.energy_wh, c.co2e_g IS NOT NULL), 0) * 1000 AS intensity_g_per_kwh
FROM drawn_hours({{what_is_asked_for}}, grain = 'hour', timezone = {timezone:String}) AS c
WHERE {{asked_for}}
GROUP BY weekday, hour
ORDER BY weekday, hour

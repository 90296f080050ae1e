-- When in the day energy is drawn, by calls and by idle metered hosts, and how clean the grid is then.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   timezone String: of the hours
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): as the ledger was then
-- Columns:
--   hour: of the local day, 0 to 23
--   calls: counted ones
--   energy_wh: over all days, Wh at the facility
--   co2e_g: location-based, gCO2e
--   intensity_g_per_kwh: mean weighted by energy, gCO2e/kWh
SELECT
    toHour(toTimeZone(c.ts, {timezone:String})) AS hour,
    sum(c.calls) AS calls,
    sum(c.energy_wh) AS energy_wh,
    sum(c.co2e_g) AS co2e_g,
    co2e_g / nullIf(sumIf(c.energy_wh, c.co2e_g IS NOT NULL), 0) * 1000 AS intensity_g_per_kwh
FROM drawn_hours({{what_is_asked_for}}, grain = 'hour', timezone = {timezone:String}) AS c
WHERE {{asked_for}}
GROUP BY hour
ORDER BY hour

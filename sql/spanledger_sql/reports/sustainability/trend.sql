-- What was drawn and emitted over time, with the 90 % interval of the emissions.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   timezone String: of the buckets
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): as the ledger was then
--   grain String: `hour`, `day`, `week` (from Monday) or `month`
-- Columns:
--   bucket: start of the local hour, day, week or month, as wall-clock time of the time zone
--   calls: counted ones
--   unknown_co2e_calls: of them, without known emissions
--   energy_wh: Wh at the facility, sum of what is known
--   co2e_g, co2e_g_low, co2e_g_high: location-based, with its 90 % interval, gCO2e
--   intensity_g_per_kwh: mean weighted by energy, gCO2e/kWh
WITH
    groups AS
    (
        SELECT
            dateTrunc(
                {grain:String},
                addSeconds(toDateTime(c.ts), timezoneOffset(toTimeZone(c.ts, {timezone:String}))),
                'UTC'
            ) AS bucket,
            sum(c.calls) AS calls,
            sumIf(c.least_calls, c.co2e_g IS NULL) AS unknown_co2e_calls,
            sumIf(c.energy_wh, c.co2e_g IS NOT NULL) AS energy_wh_of_co2e,
            {{group_sums}}
        FROM drawn_hours({{what_is_asked_for}}, grain = {grain:String}, timezone = {timezone:String}) AS c
        WHERE {{asked_for}}
        GROUP BY ALL
    ),
    {{expected_groups}},
    summed AS
    (
        SELECT
            bucket,
            sum(e.calls) AS calls,
            sum(e.unknown_co2e_calls) AS unknown_co2e_calls,
            sum(e.energy_wh_of_co2e) AS energy_wh_of_co2e,
            {{uncertain_sums}}
        FROM expected AS e
        GROUP BY bucket
    ),
    {{interval}}
SELECT
    bucket,
    calls,
    unknown_co2e_calls,
    energy_wh,
    co2e_g,
    g_low AS co2e_g_low,
    g_high AS co2e_g_high,
    co2e_g / nullIf(energy_wh_of_co2e, 0) * 1000 AS intensity_g_per_kwh
FROM summed
ORDER BY bucket

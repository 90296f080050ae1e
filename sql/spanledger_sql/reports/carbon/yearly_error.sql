-- How far emissions reckoned with a yearly mean are off from those of each call's own hour.
--
-- Compared are calls whose intensity is of their hour, with the mean of all hours of the same zone and calendar year
-- (UTC; of at least 8,000 hours), and with the yearly mean of the country that would stand in without hours.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   by Array(String): any of tenant, feature, model, zone, day, hour_of_day; the others are folded into ''
--   custom Array(String): names of dimensions of one's own, as `attribution(name=...)` says them
--   where_names, where_values Array(String): only calls whose dimensions of one's own have these values
--   timezone String: of the days and hours
--   signal, basis String: of the ledger's intensities
-- Columns:
--   day, tenant, feature, model, zone, hour_of_day: '' where not asked for
--   custom: the values of the dimensions of one's own, in their order; '' where a call says none
--   calls: compared
--   energy_kwh: of these, kWh
--   co2e_kg: by the hour, kgCO2e
--   year_mean_co2e_kg: by the mean of the zone's hours of the year, kgCO2e
--   year_mean_error_percent: by how much that is too high (+) or too low (-), in % of co2e_kg
--   year_mean_absolute_error_percent: the same with each call's error taken without its sign, so that what is too high
--     at one call does not make up for what is too low at another
--   national_co2e_kg: by the country's yearly mean, kgCO2e
--   national_error_percent: by how much that is too high (+) or too low (-), in % of co2e_kg
--   without_year_calls, without_national_calls: left out of these, for lack of a mean
--   not_hourly_calls: left out of all, since their intensity is not of their hour or unknown
WITH
    year_means AS
    (
        SELECT zone, toYear(ts) AS year, avg(g_per_kwh) AS g_per_kwh
        FROM grid_intensity FINAL
        WHERE resolution = 'hour' AND signal = {signal:String} AND basis = {basis:String}
        GROUP BY zone, year
        HAVING count() >= 8000
    ),
    national_means AS
    (
        SELECT place.zone AS zone, mean.g_per_kwh AS g_per_kwh
        FROM (SELECT zone, any(country) AS country FROM grid_zone FINAL GROUP BY zone) AS place
        INNER JOIN
        (
            SELECT zone, argMax(g_per_kwh, (quality = 'own yearly mean', ts)) AS g_per_kwh
            FROM grid_intensity FINAL
            WHERE resolution = 'year' AND signal = {signal:String} AND basis = {basis:String}
            GROUP BY zone
        ) AS mean
            ON mean.zone = place.country
    )
SELECT
    if(has({by:Array(String)}, 'day'), toString(toDate(toTimeZone(c.ts, {timezone:String}))), '') AS day,
    if(has({by:Array(String)}, 'tenant'), c.tenant_id, '') AS tenant,
    if(has({by:Array(String)}, 'feature'), c.feature, '') AS feature,
    if(has({by:Array(String)}, 'model'), c.model, '') AS model,
    if(has({by:Array(String)}, 'zone'), c.zone, '') AS zone,
    if(has({by:Array(String)}, 'hour_of_day'),
       formatDateTime(toTimeZone(c.ts, {timezone:String}), '%H'), '') AS hour_of_day,
    c.custom AS custom,
    sumIf(c.known_calls, c.hourly_g IS NOT NULL) AS calls,
    sum(if(c.hourly_g IS NULL, NULL, c.energy_wh)) / 1000 AS energy_kwh,
    sum(c.hourly_g) / 1000 AS co2e_kg,
    sum(c.year_g) / 1000 AS year_mean_co2e_kg,
    100 * (sum(c.year_g) / sumIf(c.hourly_g, c.year_g IS NOT NULL) - 1) AS year_mean_error_percent,
    100 * sum(abs(c.year_g - c.hourly_g)) / sumIf(c.hourly_g, c.year_g IS NOT NULL)
        AS year_mean_absolute_error_percent,
    sum(c.national_g) / 1000 AS national_co2e_kg,
    100 * (sum(c.national_g) / sumIf(c.hourly_g, c.national_g IS NOT NULL) - 1) AS national_error_percent,
    sumIf(c.least_calls, c.hourly_g IS NOT NULL AND c.year_g IS NULL) AS without_year_calls,
    sumIf(c.least_calls, c.hourly_g IS NOT NULL AND c.national_g IS NULL) AS without_national_calls,
    sumIf(c.least_calls, c.hourly_g IS NULL) AS not_hourly_calls
FROM
(
    SELECT
        c.ts AS ts,
        c.known_calls AS known_calls,
        c.least_calls AS least_calls,
        c.tenant_id AS tenant_id,
        c.feature AS feature,
        c.model AS model,
        c.zone AS zone,
        arrayMap(name -> c.dimensions[name], {custom:Array(String)}) AS custom,
        c.energy_wh AS energy_wh,
        if(c.intensity_resolution = 'hour', c.co2e_g, NULL) AS hourly_g,
        if(hourly_g IS NULL, NULL, c.energy_wh / 1000 * year_means.g_per_kwh) AS year_g,
        if(hourly_g IS NULL, NULL, c.energy_wh / 1000 * national_means.g_per_kwh) AS national_g
    FROM calls AS c
    LEFT JOIN year_means
        ON year_means.zone = c.zone AND year_means.year = toYear(c.ts)
    LEFT JOIN national_means
        ON national_means.zone = c.zone
    WHERE c.ts >= {from:DateTime64(9, 'UTC')}
        AND c.ts < {to:DateTime64(9, 'UTC')}
        AND {{own_where}}
) AS c
GROUP BY ALL
ORDER BY day, tenant, feature, model, zone, hour_of_day, custom

-- Which intensities a period's calls and idle hosts were reckoned with.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   zone: the grid zone, or a country
--   intensity_resolution: `hour`, `previous day`, `month`, `year` or `unknown`
--   source: who published them
--   market_source: what contracts the market-based figure rests on
--   calls: counted ones
--   hours: in which they started
--   lowest, highest: intensities used, gCO2e/kWh
--   energy_wh: Wh at the facility, sum of what is known
--   co2e_g: location-based, gCO2e, sum of what is known
SELECT
    zone,
    intensity_resolution,
    intensity_source AS source,
    market_source,
    sum(c.calls) AS calls,
    uniqExact(toStartOfHour(c.ts)) AS hours,
    min(c.intensity_g_per_kwh) AS lowest,
    max(c.intensity_g_per_kwh) AS highest,
    toFloat64(sum(toDecimal128(c.energy_wh, 12))) AS energy_wh,
    toFloat64(sum(toDecimal128(c.co2e_g, 12))) AS co2e_g
FROM
(
    SELECT
        zone, intensity_resolution, intensity_source, market_source, known_calls AS calls, ts, intensity_g_per_kwh, energy_wh, co2e_g
    FROM calls
    UNION ALL
    SELECT
        zone, intensity_resolution, intensity_source, market_source, toUInt64(0) AS calls, toDateTime64(hour, 9, 'UTC') AS ts,
        intensity_g_per_kwh, energy_wh, co2e_g
    FROM idle_energy FINAL
    WHERE energy_wh > 0
) AS c
WHERE c.ts >= {from:DateTime64(9, 'UTC')}
    AND c.ts < {to:DateTime64(9, 'UTC')}
GROUP BY ALL
ORDER BY zone, intensity_resolution, source

-- Which zones have intensities, for when, and how good they are.
--
-- Parameters:
--   match String: part of a zone's name; '': all
-- Columns:
--   zone: the grid zone, or a country
--   resolution: `hour` or `year`
--   signal, basis: of the intensities
--   source: all of them, without what they are means of
--   first, last: hour or year, UTC
--   hours: how many, or years
--   missing: hours between first and last without a value
--   estimated, forecast: hours that are
--   g_per_kwh: their mean, gCO2e/kWh
SELECT
    zone,
    resolution,
    signal,
    basis,
    arrayStringConcat(arraySort(groupUniqArray(splitByString(', mean of', source)[1])), '; ') AS source,
    min(ts) AS first,
    max(ts) AS last,
    count() AS hours,
    if(resolution = 'hour', dateDiff('hour', min(ts), max(ts)) + 1 - count(), 0) AS missing,
    countIf(quality = 'estimated') AS estimated,
    countIf(quality = 'forecast') AS forecast,
    avg(g_per_kwh) AS g_per_kwh
FROM grid_intensity FINAL
WHERE {match:String} = '' OR positionCaseInsensitive(zone, {match:String}) > 0
GROUP BY zone, resolution, signal, basis
ORDER BY resolution, zone, signal, basis

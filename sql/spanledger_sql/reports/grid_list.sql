-- Which zones have intensities, and for when.
-- Columns: zone; resolution; signal; basis; source; first, last: hour or year; hours (or years); g_per_kwh: their mean.
SELECT
    zone,
    resolution,
    signal,
    basis,
    source,
    min(ts) AS first,
    max(ts) AS last,
    count() AS hours,
    avg(g_per_kwh) AS g_per_kwh
FROM grid_intensity FINAL
GROUP BY ALL
ORDER BY resolution, zone, basis

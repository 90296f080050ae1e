-- Which hours and days calls are written to, from `written`, which counts calls (`calls`, `strays` of them, `last` of when they were
-- written) by their `hour`, `day` and the hour in ten minutes (`next`): theirs, and those that begin in ten minutes, as what is wasted
-- in these depends on the calls before (`hour_waste`). What nobody wrote to yet has no sums that no longer hold.
SELECT
    unit.1 AS hours,
    unit.2 AS begins,
    sum(of.calls) AS written,
    sum(of.strays) AS strays,
    max(of.last) AS last_enriched_at,
    now64(6, 'UTC') AS last_written_at
FROM
(
    SELECT
        calls, strays, last,
        arrayJoin(arrayDistinct([(toUInt8(1), hour, 1), (toUInt8(24), day, 1), (toUInt8(1), next, hour = next),
            (toUInt8(24), toStartOfDay(next), day = toStartOfDay(next))])) AS unit
    FROM written
) AS of
WHERE unit.3 = 1 OR (unit.1, unit.2) IN (SELECT hours, begins FROM ledger_hour)
GROUP BY hours, begins

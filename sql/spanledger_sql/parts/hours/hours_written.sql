-- Which hours calls are written to, from `written`, which counts calls (`calls`, `strays` of them, `last` of when they were written) by
-- their `hour` and the hour in ten minutes (`next`): theirs, and those that begin in ten minutes, as what is wasted in these depends on
-- the calls before (`hour_waste`). What nobody wrote to yet has no sums that no longer hold.
SELECT
    1 AS hours,
    unit.1 AS begins,
    sum(of.calls) AS written,
    sum(of.strays) AS strays,
    max(of.last) AS last_enriched_at,
    now64(6, 'UTC') AS last_written_at
FROM
(
    SELECT
        calls, strays, last,
        arrayJoin(arrayDistinct([(hour, 1), (next, hour = next)])) AS unit
    FROM written
) AS of
WHERE unit.2 = 1 OR unit.1 IN (SELECT begins FROM ledger_hour WHERE hours = 1)
GROUP BY begins

-- When calls of a period, or what is shared out over them, were last written, as far as `ledger_hour` tells: what is written of
-- other times changes no figure of it.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   written: the latest, UTC; 1970 where nothing was
SELECT
    greatest(
        max(one.last_enriched_at),
        (SELECT max(allocated_at) FROM allocation),
        (SELECT max(resolved_at) FROM grid_zone)
    ) AS written
FROM ledger_hour AS one
-- Of calls that are dated before 1970 or after 2105 the hours are not exact.
WHERE one.hours = 1
    AND (one.strays > 0
        OR one.begins > subtractHours(greatest({from:DateTime64(9, 'UTC')}, toDateTime64('1970-01-02', 9, 'UTC')), 1)
            AND one.begins < least({to:DateTime64(9, 'UTC')}, toDateTime64('2106-01-01', 9, 'UTC')))

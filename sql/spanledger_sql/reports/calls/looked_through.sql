-- How many rows of the ledger are to be looked through for a period, whoever's they are, and since when they are no more than that:
-- as far as `ledger_hour` tells what was written.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   rows UInt64: how many of the latest
-- Columns:
--   all_rows: how many there are in the hours of the period
--   since: the start of an hour, since when there are so many, or all of them, UTC
SELECT
    sum(h.rows) AS all_rows,
    minIf(h.hour, h.later < {rows:UInt64}) AS since
FROM
(
    SELECT
        one.begins AS hour,
        sum(one.written) AS rows,
        sum(rows) OVER (ORDER BY hour DESC ROWS UNBOUNDED PRECEDING) - rows AS later
    FROM ledger_hour AS one
    -- Of calls that are dated before 1970 or after 2105 the hours are not exact.
    WHERE one.hours = 1
        AND one.begins > subtractHours(greatest({from:DateTime64(9, 'UTC')}, toDateTime64('1970-01-02', 9, 'UTC')), 1)
        AND one.begins < least({to:DateTime64(9, 'UTC')}, toDateTime64('2106-01-01', 9, 'UTC'))
    GROUP BY hour
) AS h

-- Calls of a period that came into the ledger after allocations looked at it last.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   version UInt64: up to which version they looked
-- Columns:
--   in_hours: calls of hours that are over: commitments are allocated over these
--   calls: all of them: charges are shared out by these
SELECT
    countIf(ts < toStartOfHour(now('UTC'))) AS in_hours,
    count() AS calls
FROM ledger
WHERE version > {version:UInt64}
    AND ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}

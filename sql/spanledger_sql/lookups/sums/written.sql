-- What was written of a period's hours until now, and summed: as long as it stays the same, so do the sums that hold.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   written: rows of the ledger that were written, or about to be
--   built: the latest sums
SELECT sum(one.written) AS written, max(one.summed).built AS built
FROM ledger_hour AS one
WHERE (one.begins + INTERVAL 1 HOUR > {from:DateTime64(9, 'UTC')} AND one.begins < {to:DateTime64(9, 'UTC')}) OR one.strays > 0

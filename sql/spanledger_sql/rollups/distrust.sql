-- Has the sums of all hours and days be taken anew: until then their calls are read from the ledger.
-- Parameters: built UInt64: above that of all sums.
INSERT INTO ledger_summed (hours, begins, built, written, last_enriched_at, left_out, holds_from)
SELECT DISTINCT hours, begins, {built:UInt64}, 0, toDateTime64(0, 6, 'UTC'), [], now64(6, 'UTC')
FROM ledger_summed

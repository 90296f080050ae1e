-- Has the sums of all hours be taken anew: until then these hours are read from the ledger.
-- Parameters: built UInt64: above that of all sums.
INSERT INTO ledger_hour_summed (hour, built, written, last_enriched_at, left_out, holds_from)
SELECT DISTINCT hour, {built:UInt64}, 0, toDateTime64(0, 6, 'UTC'), [], now64(6, 'UTC')
FROM ledger_hour

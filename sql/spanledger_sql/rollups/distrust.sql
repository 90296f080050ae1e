-- Has the sums of all hours and days be taken anew: until then their calls are read from the ledger.
-- Parameters: built UInt64: above that of all sums.
INSERT INTO ledger_hour (hours, begins, summed)
SELECT DISTINCT hours, begins, ({built:UInt64}, 0, toDateTime64(0, 6, 'UTC'), now64(6, 'UTC'), CAST([], 'Array(String)'))
FROM ledger_hour

-- The time that the ledger covers.
-- Columns: first, last DateTime64(9, 'UTC') of the calls; calls.
SELECT
    min(ts) AS first,
    max(ts) AS last,
    count() AS calls
FROM calls

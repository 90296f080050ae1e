-- The time that the ledger covers.
--
-- Columns:
--   first, last: start of the first and of the last call, UTC
--   calls: counted ones
SELECT
    min(ts) AS first,
    max(ts) AS last,
    sum(known_calls) AS calls
FROM calls

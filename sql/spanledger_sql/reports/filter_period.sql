-- From when to when the ledger has calls.
-- Parameters: none.
-- Columns: calls; first_call, last_call DateTime64(9, 'UTC'): start of the first and of the last call, 1970 in an
--     empty ledger.
SELECT
    count() AS calls,
    min(ts) AS first_call,
    max(ts) AS last_call
FROM calls

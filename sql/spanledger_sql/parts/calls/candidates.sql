-- The calls, as a table `candidates`, that began when one of `firsts` did. Rows that another has replaced are among them, and give
-- way to it.
candidates AS
(
    SELECT DISTINCT toStartOfHour(ts) AS hour, trace_id, span_id
    FROM ledger
    PREWHERE (toStartOfHour(ts), ts) IN (SELECT toStartOfHour(ts), ts FROM firsts)
)

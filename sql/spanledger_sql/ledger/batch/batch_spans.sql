-- The spans of a batch, in order.
--
-- Parameters:
--   inserts Identifier: the inserts whose spans they are, stage 0 of the ledger
--   first_span, last_span UInt64: those with hashes between these
-- Columns:
--   span: a hash of trace and span id
SELECT DISTINCT cityHash64(trace_id, span_id) AS span
FROM llm_spans
WHERE ingested_at IN (SELECT ingested_at FROM {inserts:Identifier})
    AND span BETWEEN {first_span:UInt64} AND {last_span:UInt64}
    AND span NOT IN (SELECT span FROM set_aside FINAL WHERE waiting = 1)
ORDER BY span

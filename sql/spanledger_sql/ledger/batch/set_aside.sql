-- Sets calls of a batch aside that cannot be computed.
-- Parameters: inserts Identifier: the batch's inserts, stage 0; first_span, last_span UInt64: of their calls those with
--     hashes between these; reason String: what the database says; version UInt64: the batch's.
INSERT INTO set_aside
SELECT
    cityHash64(trace_id, span_id) AS span,
    trace_id,
    span_id,
    ingested_at,
    ts,
    service_name,
    scope_name,
    {reason:String} AS reason,
    1 AS waiting,
    {version:UInt64} AS version
FROM llm_spans
WHERE ingested_at IN (SELECT ingested_at FROM {inserts:Identifier})
    AND cityHash64(trace_id, span_id) BETWEEN {first_span:UInt64} AND {last_span:UInt64}
LIMIT 1 BY span

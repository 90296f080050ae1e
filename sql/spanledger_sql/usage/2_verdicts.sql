-- Says of the buckets of usage looked at which ones no longer count, and which count again.
-- Parameters: version UInt64: of the verdicts.
INSERT INTO call_verdict
WITH bucket AS
(
    SELECT
        cityHash64(trace_id, span_id) AS span,
        trace_id,
        span_id,
        ingested_at,
        (trace_id, span_id) IN (SELECT trace_id, span_id FROM usage_rest WHERE touched = 1) AS counts,
        if(counts, '', 'spans, logs or metrics tell of its calls, or its report tells otherwise by now') AS reason
    FROM llm_spans
    WHERE signal = 'usage' AND trace_id IN (SELECT trace_id FROM usage_rest)
)
{{changed_verdicts}}

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
        (trace_id, span_id) IN (SELECT trace_id, span_id FROM usage_rest WHERE touched = 1) AS counts
    FROM llm_spans
    WHERE signal = 'usage' AND trace_id IN (SELECT trace_id FROM usage_rest)
)
SELECT
    bucket.span,
    bucket.trace_id,
    bucket.span_id,
    bucket.ingested_at,
    toUInt8(bucket.counts) AS counted,
    if(bucket.counts, '', 'spans, logs or metrics tell of its calls, or its report tells otherwise by now') AS counted_reason,
    '' AS tenant_id,
    '' AS tenant_source,
    '' AS user_id,
    '' AS session_id,
    '' AS feature,
    {version:UInt64} AS version
FROM bucket
LEFT JOIN
(
    SELECT span, argMax(counted, version) AS counted
    FROM call_verdict
    WHERE span IN (SELECT span FROM bucket)
    GROUP BY span
) AS before
    ON before.span = bucket.span
WHERE bucket.counts != ifNull(before.counted, 1)

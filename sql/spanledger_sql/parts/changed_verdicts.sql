-- Verdicts of the buckets of calls (`bucket`: span, trace_id, span_id, ingested_at, counts, reason) that count otherwise than before.
SELECT
    bucket.span,
    bucket.trace_id,
    bucket.span_id,
    bucket.ingested_at,
    toUInt8(bucket.counts) AS counted,
    bucket.reason AS counted_reason,
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

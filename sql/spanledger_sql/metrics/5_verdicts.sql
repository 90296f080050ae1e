-- Says of the buckets of calls of the sessions looked at which ones count: those put down; and which ones no longer do. And
-- that the spans do not, of which a metric tells more.
-- Parameters: day: as for what was put down; version UInt64: of the verdicts.
INSERT INTO call_verdict
WITH
    bucket AS
    (
        SELECT
            cityHash64(trace_id, span_id) AS span,
            trace_id,
            span_id,
            ingested_at,
            (trace_id, span_id) IN (SELECT trace_id, span_id FROM metric_rest WHERE told_by_metric = '') AS counts,
            if(counts, '', 'spans or logs tell of its calls, or its metric tells otherwise by now') AS reason
        FROM llm_spans
        WHERE granularity = 'interval'
            AND ts >= {day:DateTime('UTC')}
            AND (service_name, session_id) IN (SELECT service_name, session_id FROM metric_series)
            -- Its points are there still.
            AND ingested_at > now64(6, 'UTC') - INTERVAL 25 DAY
        UNION ALL
        SELECT cityHash64(trace_id, span_id), trace_id, span_id, ingested_at, 0, 'its metric tells more of it'
        FROM llm_spans
        WHERE granularity = 'call' AND (trace_id, span_id) IN (SELECT trace_id, span_id FROM metric_rest WHERE told_by_metric = 'span')
        ORDER BY ingested_at
        LIMIT 1 BY trace_id, span_id
    )
{{changed_verdicts}}

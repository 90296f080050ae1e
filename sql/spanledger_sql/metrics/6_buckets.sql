-- Writes the buckets of calls that are put down and not there yet into llm_spans.
INSERT INTO llm_spans
(
    ingested_at, trace_id, span_id, ts, service_name, environment, dialect, tenant_id, tenant_source, user_id, session_id,
    cost_center, provider, request_model, operation, status, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens,
    reasoning_tokens, usage_source, usage_note, attribution_raw, signal, granularity, calls, agent, reported_cost
)
SELECT
    now64(6, 'UTC') AS ingested_at, trace_id, span_id, begins, service_name, environment, agent, tenant_id,
    tenant_source, user_id, session_id, cost_center, provider, model, 'chat', 'ok',
    input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, 'reported', note, attribution_raw,
    'metric', 'interval', calls, agent, reported_cost
FROM metric_rest
WHERE told_by_metric = '' AND (trace_id, span_id) NOT IN (SELECT trace_id, span_id FROM llm_spans WHERE granularity = 'interval')

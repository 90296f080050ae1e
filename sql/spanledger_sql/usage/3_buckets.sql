-- Writes the buckets of usage that are put down and not there yet into llm_spans.
INSERT INTO llm_spans
(
    ingested_at, trace_id, span_id, ts, dialect, tenant_id, tenant_source, user_id, provider, request_model, operation, status,
    service_tier, speed, inference_geo, input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens,
    reasoning_tokens, web_searches, usage_source, provider_account, attribution_raw, signal, granularity, calls, reported_cost
)
SELECT
    now64(6, 'UTC') AS ingested_at, trace_id, span_id, begins, source, '(unattributed)', 'none', user_id, provider, model, 'chat', 'ok',
    service_tier, speed, inference_geo, input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens,
    reasoning_tokens, web_searches, 'reported', account,
    mapFilter((name, text) -> text != '', map(
        'usage.project_id', project, 'usage.workspace_id', workspace, 'usage.api_key_id', api_key, 'usage.user_id', user_id,
        'spanledger.dimension.project', project, 'spanledger.dimension.workspace', workspace, 'spanledger.dimension.api_key', api_key)),
    'usage', granularity, calls, reported_cost
FROM usage_rest
WHERE touched = 1 AND (trace_id, span_id) NOT IN (SELECT trace_id, span_id FROM llm_spans WHERE signal = 'usage')

-- Reads the spans of coding agents that tell of a call into llm_spans: they name things their own way.
--
-- Claude Code counts input without cached tokens; Codex names no model; Gemini CLI leaves cached tokens and thoughts out.
-- What a span lacks its log has: count_once takes both for one call.
-- The placeholders in double braces are the vocabulary's constants.
-- Needs: llm_spans, otel_traces, tenant_rule, tenant_rule_set

CREATE MATERIALIZED VIEW IF NOT EXISTS llm_spans_from_agent_spans TO llm_spans AS
WITH
    (
        SELECT groupUniqArray(attribute)
        FROM tenant_rule
        WHERE version = (SELECT max(version) FROM tenant_rule_set)
    ) AS rule_names,
    {{treatments_of}},
    (name -> firstNonDefault(SpanAttributes[name], ResourceAttributes[name])) AS said,
    (name -> toUInt64(greatest(0, least(100000000, toFloat64OrZero(SpanAttributes[name]))))) AS count_of,
    firstNonDefault(said('tenant.id'), said('tenant_id'), said('tenant')) AS tenant_said,
    multiIf(
        SpanName = 'claude_code.llm_request', 'claude-code',
        SpanName = 'handle_responses' AND startsWith(ScopeName, 'codex'), 'codex',
        SpanName = 'llm_call' AND startsWith(ScopeName, 'gemini-cli'), 'gemini-cli',
        '') AS read_as,
    firstNonDefault(SpanAttributes['gen_ai.request.model'], SpanAttributes['model']) AS model_name,
    if(read_as = 'claude-code', count_of('cache_read_tokens'), count_of('gen_ai.usage.cache_read.input_tokens')) AS cache_read,
    if(read_as = 'claude-code', count_of('cache_creation_tokens'), count_of('gen_ai.usage.cache_write.input_tokens'))
        AS cache_write
SELECT
    IngestedAt AS ingested_at,
    TraceId AS trace_id,
    SpanId AS span_id,
    ParentSpanId AS parent_span_id,
    Timestamp AS ts,
    Duration / 1e6 AS duration_ms,
    ServiceName AS service_name,
    firstNonDefault(said('deployment.environment.name'), said('deployment.environment')) AS environment,
    ScopeName AS scope_name,
    ScopeVersion AS scope_version,
    read_as AS dialect,
    if(tenant_said = '', '(unattributed)', tenant_said) AS tenant_id,
    if(tenant_said = '', 'none', 'tenant.id') AS tenant_source,
    firstNonDefault(said('user.id'), said('user.account_uuid'), said('user.account_id')) AS user_id,
    firstNonDefault(said('session.id'), said('conversation.id'), said('gen_ai.conversation.id')) AS session_id,
    said('cost_center') AS cost_center,
    multiIf(
        read_as = 'claude-code', multiIf(position(model_name, 'anthropic.claude') > 0, 'aws.bedrock',
                                         position(model_name, '@') > 0, 'gcp.vertex_ai', 'anthropic'),
        read_as = 'codex', 'openai',
        'gcp.gemini') AS provider,
    model_name AS request_model,
    'chat' AS operation,
    toFloat64OrNull(SpanAttributes['ttft_ms']) AS ttft_ms,
    if(StatusCode = 'Error', 'error', 'ok') AS status,
    replaceRegexpAll(SpanAttributes['gen_ai.response.finish_reasons'], '[\\[\\]"]', '') AS finish_reason,
    firstNonDefault(SpanAttributes['request_id'], SpanAttributes['gen_ai.response.id']) AS response_id,
    if(read_as = 'claude-code', count_of('input_tokens') + cache_read + cache_write, count_of('gen_ai.usage.input_tokens'))
        AS input_tokens,
    cache_read AS cache_read_tokens,
    cache_write AS cache_write_tokens,
    if(read_as = 'claude-code', count_of('output_tokens'), count_of('gen_ai.usage.output_tokens')) AS output_tokens,
    count_of('codex.usage.reasoning_output_tokens') AS reasoning_tokens,
    'reported' AS usage_source,
    if(SpanAttributes['speed'] IN ('', 'normal', 'standard'), '', SpanAttributes['speed']) AS speed,
    ResourceAttributes['host.name'] AS host_name,
    mapFilter((name, text) -> multiSearchAny(name, ['token', 'usage', 'cost']), SpanAttributes) AS usage_raw,
    mapConcat(
        mapFilter((name, text) -> length(text) BETWEEN 1 AND 200,
                  CAST((arrayFilter((name, treatment) -> treatment = 9, mapKeys(SpanAttributes), treatments_of(mapKeys(SpanAttributes))),
                        arrayFilter((text, treatment) -> treatment = 9, mapValues(SpanAttributes), treatments_of(mapKeys(SpanAttributes)))),
                       'Map(LowCardinality(String), String)')),
        CAST((arrayMap(name -> concat('resource.', name),
                       arrayFilter((name, treatment) -> treatment IN (1, 5, 9), mapKeys(ResourceAttributes),
                                   treatments_of(mapKeys(ResourceAttributes)))),
              arrayFilter((text, treatment) -> treatment IN (1, 5, 9), mapValues(ResourceAttributes),
                          treatments_of(mapKeys(ResourceAttributes)))),
             'Map(LowCardinality(String), String)')) AS attribution_raw,
    read_as AS agent
FROM otel_traces
WHERE read_as != '' AND input_tokens + output_tokens > 0;

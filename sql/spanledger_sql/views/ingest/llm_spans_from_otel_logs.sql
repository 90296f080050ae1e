-- Reads each log record that tells of a call into llm_spans: those of coding agents, and OpenTelemetry's event of a finished
-- call. What else tells tokens is left out: events that sum calls up, and the beginnings of calls.
--
-- A record has no span of its own: its ids are hashes of what it says, so that a record that comes twice is one row. The
-- counts of each agent are brought to the ledger's: the input with its cached tokens, the output with its reasoning.
-- The placeholders in double braces are the vocabulary's constants.
-- Needs: llm_spans, otel_logs, tenant_rule, tenant_rule_set

CREATE MATERIALIZED VIEW IF NOT EXISTS llm_spans_from_otel_logs TO llm_spans AS
WITH
    {{rule_names}},
    {{treatments_of}},
    {{told_of_whom}},
    (name -> firstNonDefault(LogAttributes[name], ResourceAttributes[name])) AS said,
    (text -> ifNull(toFloat64OrNull(text) BETWEEN 0 AND 100000000, false)) AS is_count,
    (name -> if(is_count(LogAttributes[name]), toUInt64(toFloat64OrZero(LogAttributes[name])), toUInt64(0))) AS count_of,
    {{as_tenant}},
    {{host_named}},
    as_tenant(firstNonDefault(said('tenant.id'), said('tenant_id'), said('tenant'))) AS tenant_said,
    -- Whose token brought it: nothing that it says knows better.
    ResourceAttributes['spanledger.pinned_tenant'] AS pinned_tenant,
    multiIf(
        startsWith(ScopeName, 'com.anthropic.claude_code') AND EventName IN ('api_request', 'claude_code.api_request'), 'claude-code',
        EventName = 'codex.sse_event' AND LogAttributes['event.kind'] = 'response.completed', 'codex',
        EventName = 'gemini_cli.api_response', 'gemini-cli',
        EventName = 'gen_ai.client.inference.operation.details', 'otel-genai',
        '') AS read_as,
    if(read_as = 'otel-genai', if(startsWith(ScopeName, 'gemini-cli'), 'gemini-cli', ''), read_as) AS agent_name,
    firstNonDefault(LogAttributes['model'], LogAttributes['gen_ai.request.model']) AS model_name,
    {{provider_called}},
    {{claudes_platform}},
    -- An agent is known by its makers' name for it; whose servers it was pointed at, the resource may say.
    firstNonDefault(
        if(agent_name = '', '', provider_called(ResourceAttributes['gen_ai.provider.name'])),
        multiIf(
            read_as = 'claude-code', claudes_platform(model_name),
            read_as = 'codex', 'openai',
            agent_name = 'gemini-cli', if(position(LogAttributes['auth_type'], 'vertex') > 0, 'gcp.vertex_ai', 'gcp.gemini'),
            provider_called(LogAttributes['gen_ai.provider.name']))) AS provider_name,
    multiIf(
        read_as = 'claude-code', count_of('cache_read_tokens'),
        read_as = 'codex', count_of('cached_token_count'),
        read_as = 'gemini-cli', count_of('cached_content_token_count'),
        count_of('gen_ai.usage.cache_read.input_tokens')) AS cache_read,
    multiIf(
        read_as = 'claude-code', count_of('cache_creation_tokens'),
        read_as = 'codex', count_of('cache_write_token_count'),
        read_as = 'gemini-cli', 0,
        greatest(count_of('gen_ai.usage.cache_write.input_tokens'), count_of('gen_ai.usage.cache_creation.input_tokens')))
        AS cache_write,
    multiIf(
        read_as = 'codex', count_of('reasoning_token_count'),
        read_as = 'gemini-cli', count_of('thoughts_token_count'),
        count_of('gen_ai.usage.reasoning.output_tokens')) AS reasoning,
    -- The names of its counts, input and output first. What says anything that is no count is not counted, and said.
    multiIf(
        read_as = 'claude-code', ['input_tokens', 'output_tokens', 'cache_read_tokens', 'cache_creation_tokens'],
        read_as = 'codex', ['input_token_count', 'output_token_count', 'cached_token_count', 'cache_write_token_count',
                            'reasoning_token_count'],
        read_as = 'gemini-cli', ['input_token_count', 'output_token_count', 'cached_content_token_count',
                                 'thoughts_token_count', 'tool_token_count'],
        ['gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens', 'gen_ai.usage.cache_read.input_tokens',
         'gen_ai.usage.cache_write.input_tokens', 'gen_ai.usage.cache_creation.input_tokens',
         'gen_ai.usage.reasoning.output_tokens']) AS names_of_counts,
    arrayMap(name -> LogAttributes[name] != '' AND NOT is_count(LogAttributes[name]), names_of_counts) AS are_no_counts,
    toUInt64(NOT (are_no_counts[1] OR are_no_counts[2])) AS believed,
    firstNonDefault(LogAttributes['request_id'], LogAttributes['gen_ai.response.id']) AS answer_id,
    greatest(0, least(86400000, toFloat64OrZero(LogAttributes['duration_ms']))) AS lasted_ms,
    if(TraceId != '', TraceId, lower(hex(sipHash128('log', ServiceName, said('session.id'), said('conversation.id'), EventName, toString(Timestamp))))) AS trace
SELECT
    IngestedAt AS ingested_at,
    if(pinned_tenant = '', trace, concat(trace, '-', lower(substring(hex(sipHash128(pinned_tenant)), 1, 8)))) AS trace_id,
    lower(hex(sipHash64(trace, EventName, answer_id, model_name, toString(Timestamp), LogAttributes['event.sequence'],
                        input_tokens, output_tokens))) AS span_id,
    '' AS parent_span_id,
    -- What is reckoned with times can be computed between these years.
    least(greatest(Timestamp, toDateTime64('1970-01-02 00:00:00', 9, 'UTC')), toDateTime64('2100-01-01 00:00:00', 9, 'UTC'))
        - toIntervalNanosecond(toInt64(lasted_ms * 1e6)) AS ts,
    lasted_ms AS duration_ms,
    ServiceName AS service_name,
    firstNonDefault(said('deployment.environment.name'), said('deployment.environment')) AS environment,
    ScopeName AS scope_name,
    ScopeVersion AS scope_version,
    read_as AS dialect,
    firstNonDefault(pinned_tenant, tenant_said, '(unattributed)') AS tenant_id,
    multiIf(pinned_tenant = '', if(tenant_said = '', 'none', 'tenant.id'),
            tenant_said IN ('', pinned_tenant), 'token', 'token over tenant.id') AS tenant_source,
    firstNonDefault(said('user.id'), said('user.account_uuid'), said('user.account_id'), said('user.email')) AS user_id,
    firstNonDefault(LogAttributes['session.id'], LogAttributes['conversation.id'], LogAttributes['gen_ai.conversation.id'],
                    ResourceAttributes['session.id']) AS session_id,
    said('cost_center') AS cost_center,
    provider_name AS provider,
    model_name AS request_model,
    LogAttributes['gen_ai.response.model'] AS response_model,
    'chat' AS operation,
    if(toFloat64OrNull(LogAttributes['ttft_ms']) BETWEEN 0 AND 1e9, toFloat64OrNull(LogAttributes['ttft_ms']), NULL) AS ttft_ms,
    'ok' AS status,
    replaceRegexpAll(LogAttributes['gen_ai.response.finish_reasons'], '[\\[\\]"]', '') AS finish_reason,
    answer_id AS response_id,
    LogAttributes['server.address'] AS server_address,
    believed * multiIf(
        read_as = 'claude-code', count_of('input_tokens') + cache_read + cache_write,
        read_as = 'gemini-cli', count_of('input_token_count') + count_of('tool_token_count'),
        read_as = 'codex', count_of('input_token_count'),
        count_of('gen_ai.usage.input_tokens')) AS input_tokens,
    believed * cache_read AS cache_read_tokens,
    believed * cache_write AS cache_write_tokens,
    believed * multiIf(
        read_as = 'claude-code', count_of('output_tokens'),
        read_as = 'gemini-cli', count_of('output_token_count') + reasoning,
        read_as = 'codex', count_of('output_token_count'),
        count_of('gen_ai.usage.output_tokens')) AS output_tokens,
    believed * reasoning AS reasoning_tokens,
    if(believed = 0, 'missing', 'reported') AS usage_source,
    multiIf(believed = 0, 'not a count', has(are_no_counts, 1), 'a part is not a count', '') AS usage_note,
    if(LogAttributes['speed'] IN ('', 'normal', 'standard'), '', LogAttributes['speed']) AS speed,
    host_named(ResourceAttributes['host.name'], ResourceAttributes['host.id']) AS host_name,
    mapFilter((name, text) -> multiSearchAny(name, ['token', 'usage', 'cost']), LogAttributes) AS usage_raw,
    told_of_whom(LogAttributes, ResourceAttributes) AS attribution_raw,
    'log' AS signal,
    agent_name AS agent,
    if(toFloat64OrNull(LogAttributes['cost_usd']) BETWEEN 0 AND 1e6, toFloat64OrNull(LogAttributes['cost_usd']), NULL) AS reported_cost
FROM otel_logs
WHERE read_as != '' AND (input_tokens + output_tokens > 0 OR believed = 0);

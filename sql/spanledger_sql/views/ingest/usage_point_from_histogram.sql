-- Reads each histogram of usage into usage_point: typed, with one name for each class of tokens.
--
-- What is left out: points without a value, those of unspecified temporality, counters that may go down, sums of classes, and
-- what a metric of the same agent tells better.
-- The placeholders in double braces are the vocabulary's constants.
-- Needs: otel_metrics_histogram, tenant_rule, tenant_rule_set, usage_point

CREATE MATERIALIZED VIEW IF NOT EXISTS usage_point_from_histogram TO usage_point AS
WITH
    (
        SELECT groupUniqArray(attribute)
        FROM tenant_rule
        WHERE version = (SELECT max(version) FROM tenant_rule_set)
    ) AS rule_names,
    {{treatments_of}},
    (name -> firstNonDefault(Attributes[name], ResourceAttributes[name])) AS said,
    (attributes -> mapFilter((name, text) -> text != '' AND has(
        arrayFilter((known, treatment) -> treatment IN (9, 10), mapKeys(attributes), treatments_of(mapKeys(attributes))), name),
        attributes)) AS identities_in,
    firstNonDefault(said('tenant.id'), said('tenant_id'), said('tenant')) AS tenant_said,
    -- Whose token brought it: nothing that it says knows better.
    ResourceAttributes['spanledger.pinned_tenant'] AS pinned_tenant,
    multiIf(
        startsWith(MetricName, 'claude_code.'), 'claude-code',
        startsWith(MetricName, 'codex.'), 'codex',
        startsWith(MetricName, 'gemini_cli.'), 'gemini-cli',
        '') AS agent_name,
    firstNonDefault(Attributes['gen_ai.response.model'], Attributes['gen_ai.request.model'], Attributes['model']) AS model_name,
    lower(Attributes['gen_ai.provider.name']) AS label,
    firstNonDefault(Attributes['type'], Attributes['token_type'], Attributes['gen_ai.token.type']) AS kind,
    multiIf(
        MetricName = 'claude_code.cost.usage', 'cost',
        MetricName = 'claude_code.token.usage',
            transform(kind, ['input', 'output', 'cacheRead', 'cacheCreation'], ['uncached', 'output', 'cache_read', 'cache_write'], ''),
        MetricName = 'codex.turn.token_usage',
            transform(kind, ['input', 'output', 'cached_input', 'reasoning_output', 'cache_write_input'],
                      ['input', 'output', 'cache_read', 'reasoning', 'cache_write'], ''),
        MetricName = 'gemini_cli.token.usage',
            transform(kind, ['input', 'output', 'cache', 'thought', 'tool'],
                      ['input', 'answer', 'cache_read', 'reasoning', 'tool_input'], ''),
        MetricName = 'gemini_cli.api.request.count', if(Attributes['status_code'] = '200', 'calls', ''),
        MetricName = 'gen_ai.client.token.usage' AND NOT startsWith(ScopeName, 'gemini-cli'),
            transform(kind, ['input', 'output', 'completion'], ['input', 'output', 'output'], ''),
        '') AS class_name
SELECT
    IngestedAt AS ingested_at,
    cityHash64(toString(mapSort(ResourceAttributes)), ScopeName, MetricName, toString(mapSort(Attributes))) AS series,
    agent_name AS agent,
    ServiceName AS service_name,
    said('session.id') AS session_id,
    model_name AS model,
    multiIf(
        agent_name = 'claude-code', multiIf(position(model_name, 'anthropic.claude') > 0, 'aws.bedrock',
                                            position(model_name, '@') > 0, 'gcp.vertex_ai', 'anthropic'),
        agent_name = 'codex', 'openai',
        agent_name = 'gemini-cli', if(position(Attributes['auth_type'], 'vertex') > 0, 'gcp.vertex_ai', 'gcp.gemini'),
        transform(label, {{providers_called_otherwise}}, {{providers_so_called}}, label)) AS provider,
    firstNonDefault(pinned_tenant, tenant_said, '(unattributed)') AS tenant_id,
    firstNonDefault(said('user.id'), said('user.account_uuid'), said('user.account_id'), said('user.email')) AS user_id,
    said('cost_center') AS cost_center,
    firstNonDefault(said('deployment.environment.name'), said('deployment.environment')) AS environment,
    class_name AS class,
    StartTimeUnix AS started_at,
    TimeUnix AS ended_at,
    AggregationTemporality = 2 AS cumulative,
    Sum AS value,
    if(MetricName = 'gen_ai.client.token.usage' AND class_name = 'input', Count, 0) AS measurements,
    mapConcat(
        CAST(identities_in(Attributes), 'Map(String, String)'),
        mapApply((name, text) -> (concat('resource.', name), text), CAST(identities_in(ResourceAttributes), 'Map(String, String)')))
        AS attribution_raw
FROM otel_metrics_histogram
WHERE class_name != '' AND bitAnd(Flags, 1) = 0 AND AggregationTemporality IN (1, 2) AND isFinite(Sum) AND Sum >= 0;

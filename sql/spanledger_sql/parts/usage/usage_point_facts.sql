-- What a point of a metric tells: of whom, of which agent, model and class of tokens. It needs `rule_names`,
-- `treatments_of` and `as_tenant`; its columns `provider_called` and `claudes_platform`.
(name -> firstNonDefault(Attributes[name], ResourceAttributes[name])) AS said,
(attributes -> mapFilter((name, text) -> text != '' AND has(
    arrayFilter((known, treatment) -> treatment IN (9, 10), mapKeys(attributes), treatments_of(mapKeys(attributes))), name),
    attributes)) AS identities_in,
as_tenant(firstNonDefault(said('tenant.id'), said('tenant_id'), said('tenant'))) AS tenant_said,
-- Whose token brought it: nothing that it says knows better.
ResourceAttributes['spanledger.pinned_tenant'] AS pinned_tenant,
multiIf(
    startsWith(MetricName, 'claude_code.'), 'claude-code',
    startsWith(MetricName, 'codex.'), 'codex',
    startsWith(MetricName, 'gemini_cli.'), 'gemini-cli',
    '') AS agent_name,
firstNonDefault(Attributes['gen_ai.response.model'], Attributes['gen_ai.request.model'], Attributes['model']) AS model_name,
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

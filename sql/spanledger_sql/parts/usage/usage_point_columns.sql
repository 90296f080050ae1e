-- The columns of `usage_point` that a counter and a histogram tell alike.
IngestedAt AS ingested_at,
cityHash64(toString(mapSort(ResourceAttributes)), ScopeName, MetricName, toString(mapSort(Attributes))) AS series,
agent_name AS agent,
ServiceName AS service_name,
said('session.id') AS session_id,
model_name AS model,
firstNonDefault(
    if(agent_name = '', '', provider_called(ResourceAttributes['gen_ai.provider.name'])),
    multiIf(
        agent_name = 'claude-code', claudes_platform(model_name),
        agent_name = 'codex', 'openai',
        agent_name = 'gemini-cli', if(position(Attributes['auth_type'], 'vertex') > 0, 'gcp.vertex_ai', 'gcp.gemini'),
        provider_called(Attributes['gen_ai.provider.name']))) AS provider,
firstNonDefault(pinned_tenant, tenant_said, '(unattributed)') AS tenant_id,
multiIf(pinned_tenant = '', if(tenant_said = '', 'none', 'tenant.id'),
        tenant_said IN ('', pinned_tenant), 'token', 'token over tenant.id') AS tenant_source,
firstNonDefault(said('user.id'), said('user.account_uuid'), said('user.account_id'), said('user.email')) AS user_id,
said('cost_center') AS cost_center,
firstNonDefault(said('deployment.environment.name'), said('deployment.environment')) AS environment,
class_name AS class,
StartTimeUnix AS started_at,
TimeUnix AS ended_at,
AggregationTemporality = 2 AS cumulative,
mapConcat(
    CAST(identities_in(Attributes), 'Map(String, String)'),
    mapApply((name, text) -> (concat('resource.', name), text), CAST(identities_in(ResourceAttributes), 'Map(String, String)')))
    AS attribution_raw

-- Puts down the series of points of the sessions that something new was told of, and whose they are. What a series says is in its
-- hash: all of its points say it.
--
-- Points that name no session are of their user, where they name one.
-- Parameters: everything UInt8: 1 takes all sessions, 0 those of which `usage_news` has something.
INSERT INTO metric_series
WITH
    -- Claude Code's metric and span say the model asked for, its log the one that answered.
    {{plain_model}},
    touched AS
    (
        SELECT service_name, session_id
        FROM usage_point
        WHERE ingested_at IN (SELECT inserted_at FROM usage_news WHERE source = 'usage_point') OR {everything:UInt8} = 1
        UNION DISTINCT
        SELECT CAST(service_name, 'LowCardinality(String)'), arrayJoin([session_id, '']) AS session_id
        FROM llm_spans
        WHERE ingested_at IN (SELECT inserted_at FROM usage_news WHERE source = 'llm_spans') AND granularity = 'call'
            AND service_name IN (SELECT service_name FROM usage_point)
    ),
    named AS
    (
        SELECT
            series,
            any(p.agent) AS agent,
            any(p.service_name) AS service_name,
            any(p.session_id) AS session_id,
            any(p.user_id) AS user_id,
            any(p.model) AS model_said,
            any(p.provider) AS provider,
            any(p.tenant_id) AS tenant_id,
            any(p.tenant_source) AS tenant_source,
            any(p.cost_center) AS cost_center,
            any(p.environment) AS environment,
            any(p.class) AS class,
            any(p.attribution_raw) AS attribution_raw
        FROM usage_point AS p
        WHERE (p.service_name, p.session_id) IN (SELECT service_name, session_id FROM touched)
            AND p.ingested_at > now64(6, 'UTC') - INTERVAL 28 DAY
        GROUP BY series
    )
SELECT
    series,
    cityHash64(service_name, session_id, whose, model, tenant_id) AS bucket_of,
    agent,
    service_name,
    session_id,
    user_id,
    if(session_id = '', user_id, '') AS whose,
    plain_model(model_said) AS model,
    model_said,
    provider,
    tenant_id,
    tenant_source,
    cost_center,
    environment,
    class,
    -- Which part of the agent it was differs within the interval.
    mapFilter((name, text) -> name NOT IN ('query_source', 'agent.name', 'skill.name', 'plugin.name', 'mcp_tool.name',
                                           'mcp_server.name'), attribution_raw) AS attribution_raw
FROM named

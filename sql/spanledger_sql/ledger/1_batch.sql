-- Stage 1: puts down the calls to cost, each with what the later stages look it up by.
--
-- A call of more than 100 million tokens is its sender's error. Its usage counts as missing, so that it neither stops the
-- batch, as amounts that overflow would, nor drowns every other call. Calls that the ledger has already are left out, so
-- a batch may be taken twice.
--
-- Parameters: batch Identifier: the stage's table; spans Identifier: `llm_spans`, or a table of its kind with what might
--     have been; after, until DateTime64(6, 'UTC'): the batch, by time of ingestion, half-open at the start;
--     restatement_id String, restated_chunk UInt32: the calls of a restatement, which the ledger has; '' and 0 for those
--     that it has not; recounted UInt8, verdicts_after UInt64: 1 adds the calls of earlier batches that count otherwise
--     since that version of `call_verdict`, 0 the new ones; estimate_usage UInt8: 1 takes counts that an instrumentation made by itself, where the
--     provider's are missing.
INSERT INTO {batch:Identifier}
(
    span, ingested_at, price_key, agreement_key, place_key, contract_region, contract_account, contract_environment,
    trace_id, span_id, ts, duration_ms, service_name, environment, scope_name, dialect, tenant_id, tenant_source, user_id,
    session_id, feature, workflow, run_id, cost_center, provider, request_model, response_model, operation, streaming,
    ttft_ms, status, error_type, finish_reason, response_id, service_tier, cloud_region,
    input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens,
    usage_source, usage_note, input_audio_tokens, output_audio_tokens, web_searches, vendor_unit, vendor_quantity, speed,
    provider_account, host_name, dimensions, signal, granularity, calls, agent, reported_cost
)
WITH
    restated_calls AS
    (
        SELECT ts, trace_id, span_id
        FROM restatement_call
        WHERE restatement_id = {restatement_id:String} AND chunk = {restated_chunk:UInt32}
    ),
    greatest(
        call.input_tokens, call.cache_read_tokens, call.cache_write_tokens,
        call.cache_write_1h_tokens, call.output_tokens, call.reasoning_tokens
    ) > 100000000 AND call.granularity = 'call' AS absurd,
    {estimate_usage:UInt8} = 1 AND call.usage_source = 'missing'
        AND call.claimed_input_tokens + call.claimed_output_tokens > 0 AS estimated,
    -- Of what contracts can depend on, only what one does depend on tells calls apart.
    if(call.cloud_region IN (SELECT region FROM price_list WHERE region != ''), call.cloud_region, '') AS region_agreed,
    if(call.provider_account IN (
           SELECT provider_account FROM price_book FINAL WHERE NOT deleted AND provider_account != ''),
       call.provider_account, '') AS account_agreed,
    if(call.environment IN (SELECT environment FROM price_book FINAL WHERE NOT deleted AND environment != ''),
       call.environment, '') AS environment_agreed,
    names -> arrayFirst(text -> text != '', arrayMap(name -> firstNonDefault(
        call.attribution_raw[name], call.attribution_raw[concat('resource.', name)]), names)) AS said_of,
    -- One number joins for a fifth of what strings cost. Each column is hashed by itself, so that the engine hashes the few
    -- names of a dictionary and not every row's.
    cityHash64(
        cityHash64(call.provider), cityHash64(call.request_model), cityHash64(call.response_model),
        cityHash64(call.service_tier), cityHash64(call.speed), cityHash64(call.vendor_unit)
    ) AS key_of_price
SELECT
    cityHash64(call.trace_id, call.span_id),
    call.ingested_at,
    key_of_price,
    cityHash64(
        key_of_price, cityHash64(region_agreed), cityHash64(account_agreed), cityHash64(environment_agreed)),
    cityHash64(cityHash64(call.provider), cityHash64(call.cloud_region), toStartOfHour(call.ts)),
    region_agreed, account_agreed, environment_agreed,
    call.trace_id, call.span_id, call.ts, call.duration_ms, call.service_name, call.environment, call.scope_name,
    call.dialect, call.tenant_id, call.tenant_source, call.user_id, call.session_id, call.feature, call.workflow,
    call.run_id, call.cost_center, call.provider, call.request_model, call.response_model, call.operation,
    call.streaming, call.ttft_ms, call.status, call.error_type, call.finish_reason, call.response_id, call.service_tier,
    call.cloud_region,
    multiIf(absurd, 0, estimated, call.claimed_input_tokens, call.input_tokens),
    if(absurd, 0, call.cache_read_tokens),
    if(absurd, 0, call.cache_write_tokens),
    if(absurd, 0, call.cache_write_1h_tokens),
    multiIf(absurd, 0, estimated, call.claimed_output_tokens, call.output_tokens),
    if(absurd, 0, call.reasoning_tokens),
    multiIf(absurd, 'missing', estimated, 'estimated', call.usage_source),
    call.usage_note, call.input_audio_tokens, call.output_audio_tokens, call.web_searches, call.vendor_unit,
    call.vendor_quantity, call.speed, call.provider_account, call.host_name,
    -- Only of agents: to read the map costs as much as all other columns.
    if(call.agent = '', CAST(map(), 'Map(LowCardinality(String), String)'), CAST(mapFilter((name, text) -> text != '', map(
        'team', said_of(['team.id', 'team', 'team_id', 'team_name']),
        'department', said_of(['department']),
        'organization', said_of(['organization.id', 'org.id', 'vcs.owner.name']),
        'repository', said_of(['vcs.repository.name', 'vcs.repository.url.full']),
        'subagent', said_of(['agent.name', 'query_source']),
        'skill', said_of(['skill.name', 'plugin.name']),
        'tool', said_of(['mcp_tool.name', 'mcp_server.name']))), 'Map(LowCardinality(String), String)')),
    call.signal, call.granularity, call.calls, call.agent, call.reported_cost
FROM {spans:Identifier} AS call
WHERE (
        {recounted:UInt8} = 0
        AND call.ingested_at > {after:DateTime64(6, 'UTC')}
        AND call.ingested_at <= {until:DateTime64(6, 'UTC')}
        AND ({restatement_id:String} = '' OR call.ts BETWEEN (SELECT min(ts) FROM restated_calls)
                                                         AND (SELECT max(ts) FROM restated_calls))
        AND ({restatement_id:String} = ''
             OR (call.trace_id, call.span_id) IN (SELECT trace_id, span_id FROM restated_calls))
        AND (call.trace_id, call.span_id) NOT IN (
            SELECT trace_id, span_id FROM ledger
            WHERE {restatement_id:String} = '' AND enriched_at > {after:DateTime64(6, 'UTC')}
        )
    ) OR (
        {recounted:UInt8} = 1
        AND call.ingested_at IN (SELECT ingested_at FROM call_verdict WHERE version > {verdicts_after:UInt64})
        AND (call.trace_id, call.span_id) IN (
            SELECT trace_id, span_id FROM call_verdict WHERE version > {verdicts_after:UInt64}
        )
        AND (call.ingested_at, cityHash64(call.trace_id, call.span_id)) NOT IN (
            SELECT ingested_at, span FROM {batch:Identifier}
        )
    )

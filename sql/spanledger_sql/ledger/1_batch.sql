-- Stage 1: puts down the calls to cost, each with what the later stages look it up by.
--
-- A call of more than 100 million tokens is its sender's error. Its usage counts as missing, so that it neither stops the
-- batch, as amounts that overflow would, nor drowns every other call. Of an insert that was taken in part, the calls that
-- the ledger has are left out; a batch taken twice gives the same rows. Calls that were set aside are left out.
--
-- Parameters: batch Identifier: the stage's table; spans Identifier: `llm_spans`, or a table of its kind with what might
--     have been; inserts Identifier: the table of stage 0; first_span, last_span UInt64: of their calls those with hashes
--     between these, all as a rule; restatement_id String, restated_chunk UInt32: the calls of a restatement, which the ledger has; '' and 0 for those
--     that it has not; recounted UInt8, verdicts_after UInt64: 1 adds the calls of earlier batches that count otherwise, or
--     are of another model, since that version of `call_verdict` and `call_model`, 0 the new ones; estimate_usage UInt8: 1 takes counts that an instrumentation
--     made by itself, where the provider's are missing; own_providers, own_hosts Array(String): machines of one's own.
INSERT INTO {batch:Identifier}
(
    span, ingested_at, price_key, agreement_key, place_moment, own_machine, place_key, contract_region, contract_account, contract_environment,
    trace_id, span_id, ts, duration_ms, service_name, environment, scope_name, dialect, tenant_id, tenant_source, user_id,
    session_id, feature, workflow, run_id, cost_center, dimensions, provider, request_model, response_model, operation, streaming,
    ttft_ms, status, error_type, finish_reason, response_id, service_tier, cloud_region,
    input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens,
    usage_source, usage_note, input_audio_tokens, output_audio_tokens, web_searches, vendor_unit, vendor_quantity, speed,
    input_image_tokens, output_image_tokens, cache_read_image_tokens, cache_read_audio_tokens, input_video_tokens, citation_tokens, other_units, reported_cost, inference_geo,
    provider_account, host_name, signal, granularity, calls, agent
)
WITH
    (
        SELECT (groupArray(span), groupArray(model_named))
        FROM
        (
            SELECT span, argMax(call_model.model, version) AS model_named
            FROM call_model
            WHERE {recounted:UInt8} = 1 OR {restatement_id:String} != ''
                OR trace_id IN (
                    SELECT trace_id
                    FROM {spans:Identifier}
                    WHERE ingested_at IN (SELECT ingested_at FROM {inserts:Identifier}) AND agent = 'codex' AND request_model = ''
                )
            GROUP BY span
            UNION ALL
            SELECT 0, ''
        )
    ) AS named,
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
    if(call.agent = 'codex' AND call.request_model = '',
       transform(cityHash64(call.trace_id, call.span_id), named.1, named.2, ''), CAST(call.request_model, 'String')) AS model_asked,
    names -> arrayFirst(text -> text != '', arrayMap(name -> firstNonDefault(
        call.attribution_raw[name], call.attribution_raw[concat('resource.', name)]), names)) AS said_of,
    -- One number joins for a fifth of what strings cost. Each column is hashed by itself, so that the engine hashes the few
    -- names of a dictionary and not every row's.
    cityHash64(
        cityHash64(call.provider), cityHash64(model_asked), cityHash64(call.response_model),
        cityHash64(call.service_tier), cityHash64(call.speed), cityHash64(call.vendor_unit), cityHash64(call.inference_geo),
        cityHash64(call.other_units)
    ) AS key_of_price
SELECT
    cityHash64(call.trace_id, call.span_id),
    call.ingested_at,
    key_of_price,
    cityHash64(
        key_of_price, cityHash64(region_agreed), cityHash64(account_agreed), cityHash64(environment_agreed)),
    -- A power contract may begin within an hour.
    if((SELECT count() FROM grid_contract FINAL WHERE toStartOfHour(valid_from) != valid_from
                                                  OR toStartOfHour(valid_until) != valid_until) > 0,
       toStartOfMinute(call.ts), toStartOfHour(call.ts)) AS place_moment,
    has({own_providers:Array(String)}, call.provider) OR has({own_hosts:Array(String)}, call.host_name)
        OR call.provider IN (SELECT arrayJoin(arrayPushBack(aliases, name)) FROM provider WHERE NOT is_api)
        AS own_machine,
    cityHash64(cityHash64(call.provider), cityHash64(call.cloud_region), place_moment, own_machine),
    region_agreed, account_agreed, environment_agreed,
    call.trace_id, call.span_id, call.ts, call.duration_ms, call.service_name, call.environment, call.scope_name,
    call.dialect, call.tenant_id, call.tenant_source, call.user_id, call.session_id, call.feature, call.workflow,
    call.run_id, call.cost_center,
    mapConcat(
        mapApply((name, text) -> (substring(name, 22), text),
                 mapFilter((name, text) -> startsWith(name, 'spanledger.dimension.'), call.attribution_raw)),
        -- Only of agents: to read the map costs as much as all other columns.
        if(call.agent = '', CAST(map(), 'Map(String, String)'), CAST(mapFilter((name, text) -> text != '', map(
            'team', said_of(['team.id', 'team', 'team_id', 'team_name']),
            'department', said_of(['department']),
            'organization', said_of(['organization.id', 'org.id', 'vcs.owner.name']),
            'repository', said_of(['vcs.repository.name', 'vcs.repository.url.full']),
            'subagent', said_of(['agent.name', 'query_source']),
            'skill', said_of(['skill.name', 'plugin.name']),
            'tool', said_of(['mcp_tool.name', 'mcp_server.name']))), 'Map(String, String)'))),
    call.provider, model_asked, call.response_model, call.operation,
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
    call.vendor_quantity, call.speed, call.input_image_tokens, call.output_image_tokens, call.cache_read_image_tokens, call.cache_read_audio_tokens, call.input_video_tokens, call.citation_tokens, call.other_units, call.reported_cost, call.inference_geo, call.provider_account, call.host_name,
    call.signal, call.granularity, call.calls, call.agent
FROM {spans:Identifier} AS call
WHERE (
        {recounted:UInt8} = 0
        AND ({restatement_id:String} != '' OR call.ingested_at IN (SELECT ingested_at FROM {inserts:Identifier}))
        AND ({first_span:UInt64} = 0 OR cityHash64(call.trace_id, call.span_id) >= {first_span:UInt64})
        AND ({last_span:UInt64} = 18446744073709551615 OR cityHash64(call.trace_id, call.span_id) <= {last_span:UInt64})
        AND ({restatement_id:String} = '' OR call.ts BETWEEN (SELECT min(ts) FROM restated_calls)
                                                         AND (SELECT max(ts) FROM restated_calls))
        AND ({restatement_id:String} = ''
             OR (call.trace_id, call.span_id) IN (SELECT trace_id, span_id FROM restated_calls))
        AND (call.trace_id, call.span_id) NOT IN (
            SELECT trace_id, span_id FROM ledger
            WHERE {restatement_id:String} = '' AND toStartOfHour(ts) IN (
                SELECT toStartOfHour(ts) FROM {spans:Identifier}
                WHERE ingested_at IN (SELECT ingested_at FROM {inserts:Identifier} WHERE again = 1)
            )
        )
        AND ({restatement_id:String} != '' OR cityHash64(call.trace_id, call.span_id) NOT IN (
            SELECT span FROM set_aside FINAL WHERE waiting = 1))
    ) OR (
        {recounted:UInt8} = 1
        AND call.ingested_at IN (
            SELECT ingested_at FROM call_verdict WHERE version > {verdicts_after:UInt64}
            UNION ALL
            SELECT ingested_at FROM call_model WHERE version > {verdicts_after:UInt64}
        )
        AND (call.trace_id, call.span_id) IN (
            SELECT trace_id, span_id FROM call_verdict WHERE version > {verdicts_after:UInt64}
            UNION ALL
            SELECT trace_id, span_id FROM call_model WHERE version > {verdicts_after:UInt64}
        )
        AND (call.ingested_at, cityHash64(call.trace_id, call.span_id)) NOT IN (
            SELECT ingested_at, span FROM {batch:Identifier}
        )
        AND cityHash64(call.trace_id, call.span_id) NOT IN (SELECT span FROM set_aside FINAL WHERE waiting = 1)
    )

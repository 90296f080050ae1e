-- Reads each LLM span of otel_traces into llm_spans: one vocabulary, typed columns, whatever the dialect.
--
-- What counts as an LLM call: an inference or embedding operation, and the use of a vendor's service. Agents,
-- workflows, tools and retrieval do not, nor does gen_ai.aggregated_usage.*, however much usage they repeat.
-- Input tokens are the whole prompt, cached tokens included; output tokens include reasoning. What is not a count
-- (negative, NaN, too large, text) is kept in usage_raw, named in usage_note, and counts as missing.
--
-- First the names of attributes are translated to what they mean here: spanledger_vocabulary/attribute.csv says what.
-- Where a span has several names of one meaning the first on the span is taken. Then each dialect's repairs, then the
-- columns. All names of a span are translated in one pass over the block's dictionary of names, which is many times
-- cheaper than looking names up. The placeholders in double braces are the vocabulary's constants.
-- Needs: llm_spans, otel_traces, tenant_rule, tenant_rule_set

CREATE MATERIALIZED VIEW IF NOT EXISTS llm_spans_from_otel_traces TO llm_spans AS
WITH
    -- Names of tenants, the most trusted first.
    {{tenant_names}} AS tenant_names,
    (
        SELECT groupUniqArray(attribute)
        FROM tenant_rule
        WHERE version = (SELECT max(version) FROM tenant_rule_set)
    ) AS rule_names,
    {{treatments_of}},

    translated AS
    (
        SELECT
            *,
            mapKeys(SpanAttributes) AS names,
            mapValues(SpanAttributes) AS texts,
            -- By the meaning's place among all meanings: numbers are found faster than texts.
            arrayMap(name -> toUInt8(transform(name, {{names_read}}, {{meanings_read}}, 0)), names) AS meanings,
            arrayMap(name -> toUInt8(transform(name, tenant_names, range(1, length(tenant_names) + 1), 99)), names)
                AS tenant_ranks,
            -- What is kept as it came: all that speaks of usage, and what tells whose call it was. treatments: below 4 are
            -- counts, names and what is not known, of which otel_traces has numbers only; 9 tells whose.
            arrayMap(name -> multiSearchAny(name, ['usage', 'token_count', 'cost', 'spanledger.vendor.']), names)
                AS speaks_of_usage,
            treatments_of(names) AS treatments,
            arrayMap((usage, treatment) -> usage AND treatment < 4, speaks_of_usage, treatments) AS is_usage,
            arrayMap(treatment -> treatment = 9, treatments) AS may_tell_whose,
            arrayMap(treatment -> treatment IN (1, 5, 9), treatments_of(mapKeys(ResourceAttributes))) AS resource_may_tell_whose
        FROM otel_traces
    ),

    sorted_out AS
    (
        WITH (meaning -> texts[indexOf(meanings, toUInt8(indexOf({{meanings}}, meaning)))]) AS said
        SELECT
            *,
            said('operation') AS said_operation,
            said('request_type') AS said_request_type,
            said('litellm_call') AS said_litellm_call,
            said('answer') AS said_answer,
            said('role') AS said_role,
            said('outcome') AS said_outcome,
            said('attempts') AS said_attempts,
            said('batch') AS said_batch,
            said('provider') AS said_provider,
            said('system') AS said_system,
            said('server') AS said_server,
            said('request_model') AS said_request_model,
            said('response_model') AS said_response_model,
            said('model') AS said_model,
            said('response_id') AS said_response_id,
            said('finish_reason') AS said_finish_reason,
            said('error_type') AS said_error_type,
            said('service_tier') AS said_service_tier,
            said('speed') AS said_speed,
            said('stream') AS said_stream,
            said('ttft') AS said_ttft,
            said('openinference_kind') AS said_openinference_kind,
            said('logfire_type') AS said_logfire_type,
            said('logfire_duration') AS said_logfire_duration,
            said('langfuse_type') AS said_langfuse_type,
            said('langfuse_first_token') AS said_langfuse_first_token,
            said('vercel_operation') AS said_vercel_operation,
            said('vercel_metadata') AS said_vercel_metadata,
            said('usage.input') AS said_input,
            said('usage.output') AS said_output,
            said('usage.cache_read') AS said_cache_read,
            said('usage.cache_write') AS said_cache_write,
            said('usage.cache_write_5m') AS said_cache_write_5m,
            said('usage.cache_write_1h') AS said_cache_write_1h,
            said('usage.reasoning') AS said_reasoning,
            said('usage.audio_input') AS said_audio_input,
            said('usage.audio_output') AS said_audio_output,
            said('usage.searches') AS said_searches,
            said('usage.document') AS said_document,
            said('usage.vendor_unit') AS said_vendor_unit,
            said('usage.vendor_quantity') AS said_vendor_quantity,
            said('who.user') AS said_user,
            said('who.session') AS said_session,
            said('who.account') AS said_account,
            said('who.metadata') AS said_metadata,
            said('feature') AS said_feature,
            said('workflow') AS said_workflow,
            said('run_id') AS said_run_id,
            said('cost_center') AS said_cost_center,
            said('environment') AS said_environment,
            said('cloud_provider') AS said_cloud_provider,
            said('cloud_region') AS said_cloud_region,

            -- LiteLLM's copy of the provider's answer, as llm.<provider>.<field>: where the app's own span, on which LiteLLM
            -- writes, has ended before, it is all there is.
            if(SpanName = 'raw_gen_ai_request',
               arrayFirst(name -> startsWith(name, 'llm.') AND endsWith(name, '.usage'), names), '') AS raw_usage_name,

            -- Usage that came as a document: Langfuse's, Logfire's raw usage, and the reprs of LiteLLM.
            firstNonDefault(said_document, if(raw_usage_name = '', '', texts[indexOf(names, raw_usage_name)]),
                            if(said_vercel_metadata = '', '',
                                              JSONExtractRaw(said_vercel_metadata, 'anthropic', 'usage')))
                AS usage_document
        FROM translated
    ),

    -- A column that several others rest on is of a level of its own: planning copies it into each of them otherwise.
    opened AS
    (
        WITH (field -> if(raw_usage_name = '', '', texts[indexOf(names, concat(raw_prefix, field))])) AS raw
        SELECT
            *,
            -- Which instrumentation wrote the span.
            multiIf(
                ScopeName = 'spanledger', 'spanledger',
                said_openinference_kind != '', 'openinference',
                said_vercel_operation != '', 'vercel',
                startsWith(ScopeName, 'openlit'), 'openlit',
                startsWith(ScopeName, 'com.anthropic.'), 'anthropic',
                startsWith(ScopeName, 'logfire'), if(said_logfire_type = 'log', 'logfire-stream', 'logfire'),
                ScopeName = 'pydantic-ai', 'pydantic-ai',
                startsWith(ScopeName, 'litellm') OR said_litellm_call != '', 'litellm',
                said_langfuse_type != '', 'langfuse',
                match(ScopeName, '^opentelemetry\\.instrumentation\\.[a-z_]+(\\.v\\d)?$')
                    AND ScopeName NOT IN ('opentelemetry.instrumentation.openai_v2'), 'openllmetry',
                'otel-genai') AS dialect_name,
            substring(raw_usage_name, 1, length(raw_usage_name) - 5) AS raw_prefix,
            raw('model') AS raw_model,
            raw('id') AS raw_id,
            raw('object') AS raw_object,
            -- Documents are JSON, or the repr of a Python dict, or a JSON string of either.
            if(usage_document IN ('', '{}', 'None'), '',
               if(startsWith(usage_document, '{\''),
                  replaceAll(replaceAll(replaceAll(replaceAll(usage_document, '\'', '"'), ': None', ': null'),
                             ': True', ': true'), ': False', ': false'),
                  if(startsWith(usage_document, '"'), JSONExtractString(usage_document), usage_document)))
                AS usage_json
        FROM sorted_out
    ),

    -- The repairs of each dialect.
    understood AS
    (
        SELECT
            *,

            -- OpenLIT. It counts tokens by itself for streams of OpenAI's chat completions that tell none, without a mark: what
            -- such a stream did tell comes with a count of cached tokens. Its input leaves Anthropic's cached tokens out.
            -- It gives a time to the first token to whole answers as well. Calls that fail may have no attribute but a name.
            dialect_name = 'openlit' AS is_openlit,
            is_openlit AND said_operation = '' AND match(SpanName, '^(chat|embeddings) ') AS openlit_bare,
            is_openlit AND said_stream IN ('true', 'True') AS openlit_stream,
            is_openlit AND ('anthropic' IN (said_provider, said_system) OR position(said_request_model, 'claude') > 0)
                AS openlit_excludes_cached,
            openlit_stream
                AND NOT openlit_excludes_cached
                AND said_cache_read = ''
                AND said_reasoning = ''
                AND NOT startsWith(said_response_id, 'resp_') AS openlit_invented,

            if(usage_json = '', [],
               arrayMap(pair -> if(startsWith(pair.2, '{'),
                                   arrayMap(inner -> (concat(pair.1, '.', inner.1), inner.2),
                                            JSONExtractKeysAndValuesRaw(pair.2)),
                                   [pair]),
                        JSONExtractKeysAndValuesRaw(usage_json))) AS document_parts,
            arrayFlatten(document_parts) AS document,
            document.1 AS document_names,
            document.2 AS document_values,
            arrayMap(name -> toUInt8(transform(name, {{usage_fields}}, {{usage_field_counts}}, 0)), document_names)
                AS document_numbers,
            -- In the order of the counts below.
            arrayMap(number -> document_values[indexOf(document_numbers, toUInt8(number))], range(1, 11)) AS document_counts,
            -- Anthropic's own document tells uncached input; whoever says prompt_tokens has added the cached ones.
            hasAny(document_names, ['cache_read_input_tokens', 'cache_creation_input_tokens', 'input_cache_read',
                                    'input_cached_tokens', 'input_cache_creation'])
                AND NOT has(document_names, 'prompt_tokens')
                AND said_input = '' AS document_excludes_cached,

            -- The operation. OpenLLMetry of 2025 calls Anthropic's messages completions.
            lower(firstNonDefault(said_operation, said_request_type)) AS otel_operation,
            multiIf(
                said_role = 'context', '',
                raw_model != '', if(raw_object = 'list', 'embeddings', 'chat'),
                said_vercel_operation != '', multiIf(
                    startsWith(said_vercel_operation, 'ai.embed'), 'embeddings',
                    match(said_vercel_operation, '^ai\\.(generate|stream)(Text|Object)'), 'chat',
                    said_vercel_operation = 'ai.rerank.doRerank', 'rerank',
                    ''),
                otel_operation = 'completion' AND (dialect_name = 'litellm' OR endsWith(SpanName, '.chat')), 'chat',
                otel_operation != '', transform(otel_operation, {{otel_genai_names}}, {{otel_genai_operations}}, otel_operation),
                said_openinference_kind != '', transform(said_openinference_kind, {{openinference_names}}, {{openinference_operations}}, ''),
                said_langfuse_type != '', transform(said_langfuse_type, {{langfuse_names}}, {{langfuse_operations}}, ''),
                openlit_bare, splitByChar(' ', CAST(SpanName, 'String'))[1],
                said_input != '' AND (said_request_model != '' OR said_response_model != ''), 'chat',
                '') AS operation_name
        FROM opened
    ),

    -- The counts, as text and as numbers where they are numbers, and what the rest rests on.
    judged AS
    (
        SELECT
            *,
            [firstNonDefault(said_input, document_counts[1]),
             firstNonDefault(said_output, document_counts[2]),
             firstNonDefault(said_cache_read, document_counts[3]),
             firstNonDefault(said_cache_write, document_counts[4]),
             firstNonDefault(said_cache_write_1h, document_counts[5]),
             firstNonDefault(said_cache_write_5m, document_counts[6]),
             firstNonDefault(said_reasoning, document_counts[7]),
             firstNonDefault(said_audio_input, document_counts[8]),
             firstNonDefault(said_audio_output, document_counts[9]),
             firstNonDefault(said_searches, document_counts[10])] AS count_texts,
            arrayMap(text -> toFloat64OrNull(trim(BOTH '"' FROM text)), count_texts) AS numbers,
            -- NULL where there is nothing, 0 where it is no count of tokens.
            arrayMap((text, number) -> if(text IN ('', 'null', 'None'), NULL,
                                          ifNull(number >= 0 AND number <= 100000000, 0)),
                     count_texts, numbers) AS is_count,
            arrayMap((number, fine) -> if(fine = 1, toUInt64(number), 0), numbers, is_count) AS counts,

            -- Who answered. Most label whatever speaks OpenAI's protocol as openai; the server's address tells better,
            -- and where nothing is said the model's name does.
            lower(if(position(said_server, '/') > 0, domain(said_server), said_server)) AS server,
            replaceRegexpOne(
                lower(firstNonDefault(said_provider, said_system, replace(splitByChar('.', raw_prefix)[2], 'None', ''))),
                '\\.(chat|responses|messages|completion|embedding|textembedding|image|speech|transcription|languagemodel|generative-ai)$',
                '') AS label,
            firstNonDefault(said_request_model, said_model, raw_model,
                            if(openlit_bare, substring(SpanName, position(SpanName, ' ') + 1), ''))
                AS request_model_name,

            -- Whose call it was.
            if(arrayMin(tenant_ranks) = 99, tenant_ranks,
               arrayMap((rank, text) -> if(rank < 99 AND text IN ('', 'None', 'null', '""'), toUInt8(99), rank),
                        tenant_ranks, texts)) AS said_tenant_ranks,
            arrayMin(said_tenant_ranks) AS tenant_rank,
            firstNonDefault(JSONExtractString(said_metadata, 'tenant.id'), JSONExtractString(said_metadata, 'tenant_id'),
                            JSONExtractString(said_metadata, 'tenant')) AS metadata_tenant,
            firstNonDefault(ResourceAttributes['tenant.id'], ResourceAttributes['tenant_id']) AS resource_tenant,

            -- When: the first token; Langfuse quotes it. A stream's result of Logfire says how long the stream took.
            parseDateTime64BestEffortOrNull(trim(BOTH '"' FROM said_langfuse_first_token), 9, 'UTC')
                AS langfuse_first_token,
            `Events.Timestamp`[indexOf(`Events.Name`, 'First Token Stream Event')] AS openinference_first_token,
            multiIf(
                said_ttft != '', if(is_openlit AND NOT openlit_stream, NULL,
                                    toFloat64OrNull(said_ttft) * if(dialect_name = 'vercel', 1, 1000)),
                said_openinference_kind != '' AND toUnixTimestamp64Nano(openinference_first_token) > 0,
                    (toUnixTimestamp64Nano(openinference_first_token) - toUnixTimestamp64Nano(Timestamp)) / 1e6,
                langfuse_first_token IS NOT NULL,
                    (toUnixTimestamp64Nano(langfuse_first_token) - toUnixTimestamp64Nano(Timestamp)) / 1e6,
                NULL) AS ttft,
            if(dialect_name = 'logfire-stream',
               greatest(0, least(86400, ifNull(toFloat64OrNull(said_logfire_duration), 0))), 0) AS logfire_stream_s,
            indexOf(`Events.Name`, 'exception') AS exception_event
        FROM understood
        WHERE operation_name IN ({{operations}})
    ),

    concluded AS
    (
        SELECT
            *,
            counts[3] AS cache_read_count,
            greatest(counts[4], counts[5] + counts[6]) AS cache_write_count,
            -- A call to a model cannot have used nothing: who says 0/0 of an answer does not know.
            multiIf(
                is_count[1] = 0 OR is_count[2] = 0, 'not a count',
                is_count[1] IS NULL AND is_count[2] IS NULL, '',
                openlit_invented, 'counted by the instrumentation',
                counts[1] = 0 AND counts[2] = 0
                    AND operation_name IN ('chat', 'embeddings', 'text_completion', 'generate_content'),
                    'zero for unknown',
                '') AS disbelief,
            disbelief = '' AND (is_count[1] = 1 OR is_count[2] = 1) AS has_usage,
            -- More cached tokens than tokens: then they were not among them.
            openlit_excludes_cached OR document_excludes_cached OR cache_read_count + cache_write_count > counts[1]
                AS input_excludes_cached,
            transform(label, {{providers_called_otherwise}}, {{providers_so_called}}, label) AS provider_of_label,
            -- The longest part of the server's name that is the host of an API, label by label.
            multiIf(
                server = '' OR startsWith(provider_of_label, 'azure') OR startsWith(provider_of_label, 'gcp.'), '',
                {{regional_hosts}},
                arrayFirst(found -> found != '',
                           arrayMap(length -> transform(arrayStringConcat(arraySlice(splitByChar('.', server), -length), '.'),
                                                        {{hosts}}, {{hosts_providers}}, ''),
                                    [5, 4, 3, 2]))) AS provider_of_server,
            if(label != '', '', multiIf({{models_of_providers}}, '')) AS provider_of_model,
            multiIf(
                tenant_rank < 99, (tenant_names[tenant_rank],
                                   trim(BOTH '"' FROM texts[indexOf(said_tenant_ranks, tenant_rank)])),
                metadata_tenant != '', ('metadata', metadata_tenant),
                resource_tenant != '', ('resource tenant.id', resource_tenant),
                ('none', '(unattributed)')) AS tenant_found
        FROM judged
    ),

    (text -> if(text = 'None', '', trim(BOTH '"' FROM text))) AS unquoted,
    -- What is reckoned with times can be computed between these years; the ledger tells of the calls at its ends.
    (moment -> least(greatest(moment, toDateTime64('1970-01-01 00:00:00', 9, 'UTC')),
                     toDateTime64('2100-01-01 00:00:00', 9, 'UTC'))) AS in_range
SELECT
    IngestedAt AS ingested_at,
    TraceId AS trace_id,
    SpanId AS span_id,
    ParentSpanId AS parent_span_id,
    in_range(in_range(Timestamp) - toIntervalNanosecond(toInt64(logfire_stream_s * 1e9))) AS ts,
    least(Duration / 1e6 + logfire_stream_s * 1e3, 1e10) AS duration_ms,
    ServiceName AS service_name,
    firstNonDefault(said_environment, ResourceAttributes['deployment.environment.name'],
                    ResourceAttributes['deployment.environment']) AS environment,
    ScopeName AS scope_name,
    ScopeVersion AS scope_version,
    dialect_name AS dialect,
    tenant_found.2 AS tenant_id,
    tenant_found.1 AS tenant_source,
    unquoted(said_user) AS user_id,
    unquoted(said_session) AS session_id,
    said_feature AS feature,
    said_workflow AS workflow,
    said_run_id AS run_id,
    said_cost_center AS cost_center,
    firstNonDefault(provider_of_server, provider_of_label, provider_of_model) AS provider,
    request_model_name AS request_model,
    firstNonDefault(said_response_model, said_model, raw_model) AS response_model,
    operation_name AS operation,
    said_stream IN ('true', 'True', '1') OR startsWith(said_vercel_operation, 'ai.stream') OR ttft IS NOT NULL
        OR dialect_name = 'logfire-stream' AS streaming,
    if(ttft >= 0 AND ttft < 1e9, ttft, NULL) AS ttft_ms,
    if(StatusCode = 'Error' OR said_error_type != '' OR exception_event > 0, 'error', 'ok') AS status,
    firstNonDefault(
        if(startsWith(said_error_type, '<class \''), extract(said_error_type, '\'([^\']+)\''), said_error_type),
        if(exception_event > 0, `Events.Attributes`[exception_event]['exception.type'], '')) AS error_type,
    if(position(said_finish_reason, 'tringValue') > 0, extract(said_finish_reason, 'tringValue"\\s*:\\s*"([^"]*)"'),
       trim(BOTH '[]"\' ' FROM said_finish_reason)) AS finish_reason,
    if(said_response_id = '' AND said_answer != '', extract(said_answer, '^{"id": ?"((?:chatcmpl|cmpl|resp|msg|gen)[-_][\\w-]+)"'),
       firstNonDefault(unquoted(said_response_id), raw_id)) AS response_id,
    if(said_batch IN ('true', 'True'), 'batch', lower(unquoted(said_service_tier))) AS service_tier,
    server AS server_address,
    said_cloud_provider AS cloud_provider,
    said_cloud_region AS cloud_region,
    if(has_usage, counts[1] + if(input_excludes_cached, cache_read_count + cache_write_count, 0), 0) AS input_tokens,
    if(has_usage, cache_read_count, 0) AS cache_read_tokens,
    if(has_usage, cache_write_count, 0) AS cache_write_tokens,
    if(has_usage, counts[5], 0) AS cache_write_1h_tokens,
    if(has_usage, counts[2], 0) AS output_tokens,
    if(has_usage, counts[7], 0) AS reasoning_tokens,
    if(has_usage OR operation_name = 'vendor_usage', 'reported', 'missing') AS usage_source,
    multiIf(
        disbelief != '', disbelief,
        arrayExists(fine -> fine = 0, is_count), 'a part is not a count',
        said_outcome = 'abandoned', 'stream abandoned',
        '') AS usage_note,
    if(disbelief = 'counted by the instrumentation', counts[1], 0) AS claimed_input_tokens,
    if(disbelief = 'counted by the instrumentation', counts[2], 0) AS claimed_output_tokens,
    counts[8] AS input_audio_tokens,
    counts[9] AS output_audio_tokens,
    counts[10] AS web_searches,
    said_vendor_unit AS vendor_unit,
    ifNull(toDecimal64OrNull(said_vendor_quantity, 6), 0) AS vendor_quantity,
    said_speed AS speed,
    said_account AS provider_account,
    ResourceAttributes['host.name'] AS host_name,
    ifNull(toUInt16OrNull(said_attempts), 0) AS attempts,
    CAST((arrayFilter((name, keep) -> keep, names, is_usage), arrayFilter((text, keep) -> keep, texts, is_usage)),
         'Map(LowCardinality(String), String)') AS usage_raw,
    mapConcat(
        mapFilter((name, text) -> length(text) BETWEEN 1 AND 200,
                  CAST((arrayFilter((name, keep) -> keep, names, may_tell_whose),
                        arrayFilter((text, keep) -> keep, texts, may_tell_whose)),
                       'Map(LowCardinality(String), String)')),
        CAST((arrayMap(name -> concat('resource.', name),
                       arrayFilter((name, keep) -> keep, mapKeys(ResourceAttributes), resource_may_tell_whose)),
              arrayFilter((text, keep) -> keep, mapValues(ResourceAttributes), resource_may_tell_whose)),
             'Map(LowCardinality(String), String)')) AS attribution_raw
FROM concluded;

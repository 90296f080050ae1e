-- Reads each LLM span of otel_traces into llm_spans: one vocabulary, typed columns, whatever the dialect.
--
-- What counts as an LLM call: an inference or embedding operation, and the use of a vendor's service. Agents,
-- workflows, tools and retrieval do not, nor does gen_ai.aggregated_usage.*, however much usage they repeat.
-- Input tokens are the whole prompt, cached tokens included; output tokens include reasoning. What is not a count
-- (negative, NaN, too large, text) is kept in usage_raw, named in usage_note, and counts as missing.
--
-- First each dialect's vocabulary: its names of attributes, and what they mean here. Where a span has several names of
-- one meaning the first on the span is taken. Then each dialect's repairs, then the columns. All names of a span are
-- translated in one pass over the block's dictionary of names, which is many times cheaper than looking names up.
-- Needs: llm_spans, otel_traces

CREATE MATERIALIZED VIEW IF NOT EXISTS llm_spans_from_otel_traces TO llm_spans AS
WITH
    -- OpenTelemetry's GenAI conventions, all generations, and everything that builds on them: the official
    -- instrumentations, the anthropic SDK's own, OpenLIT, LiteLLM V2, pydantic-ai.
    [('gen_ai.operation.name', 'operation'),
     ('gen_ai.provider.name', 'provider'), ('gen_ai.system', 'system'),
     ('gen_ai.request.model', 'request_model'), ('gen_ai.response.model', 'response_model'),
     ('gen_ai.response.id', 'response_id'),
     ('gen_ai.response.finish_reasons', 'finish_reason'), ('gen_ai.response.finish_reason', 'finish_reason'),
     ('gen_ai.request.stream', 'stream'), ('gen_ai.is_streaming', 'stream'), ('gen_ai.request.is_stream', 'stream'),
     ('gen_ai.response.time_to_first_chunk', 'ttft'), ('gen_ai.client.operation.time_to_first_chunk', 'ttft'),
     ('server.address', 'server'), ('net.peer.name', 'server'), ('http.host', 'server'),
     ('url.full', 'server'), ('http.url', 'server'),
     ('error.type', 'error_type'),
     ('openai.response.service_tier', 'service_tier'), ('gen_ai.openai.response.service_tier', 'service_tier'),
     ('gen_ai.response.service_tier', 'service_tier'),
     ('gen_ai.usage.input_tokens', 'usage.input'), ('gen_ai.usage.prompt_tokens', 'usage.input'),
     ('gen_ai.usage.output_tokens', 'usage.output'), ('gen_ai.usage.completion_tokens', 'usage.output'),
     ('gen_ai.usage.cache_read.input_tokens', 'usage.cache_read'),
     ('gen_ai.usage.cache_read_input_tokens', 'usage.cache_read'),
     ('gen_ai.usage.cache_write.input_tokens', 'usage.cache_write'),
     ('gen_ai.usage.cache_creation.input_tokens', 'usage.cache_write'),
     ('gen_ai.usage.cache_creation_input_tokens', 'usage.cache_write'),
     ('gen_ai.usage.reasoning.output_tokens', 'usage.reasoning'), ('gen_ai.usage.reasoning_tokens', 'usage.reasoning'),
     ('gen_ai.usage.reasoning_output_tokens', 'usage.reasoning'),
     ('gen_ai.usage.total_tokens', 'usage.total'),
     ('gen_ai.usage.audio.input_tokens', 'usage.audio_input'), ('gen_ai.usage.input_audio_tokens', 'usage.audio_input'),
     ('gen_ai.usage.audio.output_tokens', 'usage.audio_output'),
     ('gen_ai.usage.output_audio_tokens', 'usage.audio_output'),
     ('gen_ai.usage.server_tool_use.web_search_requests', 'usage.searches'),
     ('gen_ai.workflow.name', 'workflow'), ('gen_ai.conversation.id', 'who.session'),
     ('user.id', 'who.user'), ('enduser.id', 'who.user'), ('gen_ai.request.user', 'who.user'),
     ('openai.request.user', 'who.user'), ('session.id', 'who.session'),
     ('deployment.environment.name', 'environment'), ('deployment.environment', 'environment'),
     ('cloud.provider', 'cloud_provider'), ('cloud.region', 'cloud_region')] AS otel,

    -- The anthropic SDK itself.
    [('anthropic.message.stop_reason', 'finish_reason'), ('anthropic.response.service_tier', 'service_tier'),
     ('anthropic.usage.cache_creation.ephemeral_5m_input_tokens', 'usage.cache_write_5m'),
     ('anthropic.usage.cache_creation.ephemeral_1h_input_tokens', 'usage.cache_write_1h'),
     ('anthropic.usage.server_tool_use.web_search_requests', 'usage.searches'),
     ('anthropic.response.speed', 'speed'), ('anthropic.usage.speed', 'speed')] AS anthropic,

    -- Spanledger's own library.
    [('spanledger.role', 'role'), ('spanledger.outcome', 'outcome'), ('spanledger.attempts', 'attempts'),
     ('spanledger.service_tier', 'service_tier'), ('spanledger.batch', 'batch'), ('spanledger.speed', 'speed'),
     ('spanledger.usage.cache_write_1h.input_tokens', 'usage.cache_write_1h'),
     ('spanledger.usage.audio.input_tokens', 'usage.audio_input'),
     ('spanledger.usage.audio.output_tokens', 'usage.audio_output'), ('spanledger.usage.web_searches', 'usage.searches'),
     ('spanledger.vendor.name', 'provider'), ('spanledger.vendor.service', 'request_model'),
     ('spanledger.vendor.unit', 'usage.vendor_unit'), ('spanledger.vendor.quantity', 'usage.vendor_quantity'),
     ('spanledger.feature', 'feature'), ('spanledger.workflow', 'workflow'), ('spanledger.run_id', 'run_id'),
     ('spanledger.cost_center', 'cost_center'), ('spanledger.provider.account', 'who.account'),
     ('spanledger.from_baggage', 'who.from_baggage')] AS spanledger,

    -- OpenLLMetry (Traceloop), older generations included.
    [('llm.request.type', 'request_type'), ('llm.request.model', 'request_model'),
     ('llm.response.model', 'response_model'), ('llm.response.id', 'response_id'), ('llm.is_streaming', 'stream'),
     ('llm.usage.prompt_tokens', 'usage.input'), ('llm.usage.completion_tokens', 'usage.output'),
     ('llm.usage.total_tokens', 'usage.total'), ('llm.usage.reasoning_tokens', 'usage.reasoning'),
     ('llm.usage.cache_read_input_tokens', 'usage.cache_read'),
     ('llm.usage.cache_creation_input_tokens', 'usage.cache_write'),
     ('gen_ai.openai.api_base', 'server'), ('llm.openai.api_base', 'server'), ('openai.api_base', 'server'),
     ('gen_ai.user', 'who.user'), ('llm.user', 'who.user'), ('traceloop.workflow.name', 'workflow'),
     ('traceloop.association.properties.user_id', 'who.user'),
     ('traceloop.association.properties.session_id', 'who.session'),
     ('traceloop.association.properties.feature', 'feature')] AS openllmetry,

    -- OpenInference: names of its own throughout. The answer tells the response's id.
    [('openinference.span.kind', 'openinference_kind'), ('llm.provider', 'provider'), ('llm.system', 'system'),
     ('llm.model_name', 'model'), ('embedding.model_name', 'model'), ('reranker.model_name', 'model'),
     ('llm.request.model_name', 'request_model'), ('llm.response.model_name', 'response_model'),
     ('llm.finish_reason', 'finish_reason'),
     ('llm.token_count.prompt', 'usage.input'), ('llm.token_count.completion', 'usage.output'),
     ('llm.token_count.total', 'usage.total'),
     ('llm.token_count.prompt_details.cache_read', 'usage.cache_read'),
     ('llm.token_count.prompt_details.cache_write', 'usage.cache_write'),
     ('llm.token_count.prompt_details.audio', 'usage.audio_input'),
     ('llm.token_count.completion_details.reasoning', 'usage.reasoning'),
     ('llm.token_count.completion_details.audio', 'usage.audio_output'),
     ('output.value', 'answer'), ('metadata', 'who.metadata')] AS openinference,

    -- OpenLIT.
    [('gen_ai.server.time_to_first_token', 'ttft')] AS openlit,

    -- Logfire: the result of a stream is a span of its own, of no duration.
    [('logfire.span_type', 'logfire_type'), ('duration', 'logfire_duration'), ('user_id', 'who.user'),
     ('session_id', 'who.session'), ('gen_ai.usage.raw', 'usage.document')] AS logfire,

    -- LiteLLM, both of its instrumentations. They may write on the app's own span.
    [('litellm.call_id', 'litellm_call'), ('metadata.usage_object', 'usage.document'), ('metadata.user_api_key_user_id', 'who.user'),
     ('metadata.session_id', 'who.session'), ('litellm.metadata.session_id', 'who.session'),
     ('litellm.user.id', 'who.user'), ('litellm.end_user.id', 'who.user')] AS litellm,

    -- Langfuse: one JSON document for the usage, the provider's own.
    [('langfuse.observation.type', 'langfuse_type'), ('langfuse.observation.model.name', 'model'),
     ('langfuse.observation.usage_details', 'usage.document'), ('langfuse.observation.usageDetails', 'usage.document'),
     ('langfuse.observation.completion_start_time', 'langfuse_first_token'),
     ('langfuse.observation.metadata.finish_reason', 'finish_reason'),
     ('langfuse.observation.metadata.service_tier', 'service_tier'), ('langfuse.observation.metadata.id', 'response_id'),
     ('langfuse.environment', 'environment'),
     ('langfuse.user.id', 'who.user'), ('langfuse.session.id', 'who.session')] AS langfuse,

    -- pydantic-ai: what the provider called its tokens, under `details`.
    [('gen_ai.usage.details.cache_read_tokens', 'usage.cache_read'),
     ('gen_ai.usage.details.cache_read_input_tokens', 'usage.cache_read'),
     ('gen_ai.usage.details.cached_tokens', 'usage.cache_read'),
     ('gen_ai.usage.details.cache_write_tokens', 'usage.cache_write'),
     ('gen_ai.usage.details.cache_creation_input_tokens', 'usage.cache_write'),
     ('gen_ai.usage.details.ephemeral_5m_input_tokens', 'usage.cache_write_5m'),
     ('gen_ai.usage.details.ephemeral_1h_input_tokens', 'usage.cache_write_1h'),
     ('gen_ai.usage.details.reasoning_tokens', 'usage.reasoning'),
     ('gen_ai.usage.details.thinking_tokens', 'usage.reasoning'),
     ('gen_ai.usage.details.thoughts_tokens', 'usage.reasoning'),
     ('gen_ai.usage.details.input_audio_tokens', 'usage.audio_input'),
     ('gen_ai.usage.details.output_audio_tokens', 'usage.audio_output'),
     ('gen_ai.usage.details.web_search_requests', 'usage.searches')] AS pydantic_ai,

    -- Vercel's AI SDK.
    [('ai.operationId', 'vercel_operation'), ('ai.model.provider', 'system'), ('ai.model.id', 'request_model'),
     ('ai.response.model', 'response_model'), ('ai.response.id', 'response_id'),
     ('ai.response.finishReason', 'finish_reason'),
     ('ai.response.msToFirstChunk', 'ttft'), ('ai.stream.msToFirstChunk', 'ttft'),
     ('ai.usage.inputTokens', 'usage.input'), ('ai.usage.promptTokens', 'usage.input'),
     ('ai.usage.tokens', 'usage.input'),
     ('ai.usage.outputTokens', 'usage.output'), ('ai.usage.completionTokens', 'usage.output'),
     ('ai.usage.totalTokens', 'usage.total'), ('ai.response.providerMetadata', 'vercel_metadata'),
     ('ai.usage.cachedInputTokens', 'usage.cache_read'),
     ('ai.usage.inputTokenDetails.cacheReadTokens', 'usage.cache_read'),
     ('ai.usage.inputTokenDetails.cacheWriteTokens', 'usage.cache_write'),
     ('ai.usage.reasoningTokens', 'usage.reasoning'),
     ('ai.usage.outputTokenDetails.reasoningTokens', 'usage.reasoning'),
     ('ai.telemetry.metadata.userId', 'who.user'), ('ai.telemetry.metadata.user_id', 'who.user'),
     ('ai.telemetry.metadata.sessionId', 'who.session'), ('ai.telemetry.metadata.session_id', 'who.session'),
     ('ai.telemetry.metadata.feature', 'feature')] AS vercel,

    -- Names of tenants, the most trusted first.
    ['tenant.id', 'tenant_id', 'tenant', 'baggage.tenant.id', 'litellm.team.id', 'metadata.user_api_key_team_id',
     'litellm.metadata.tenant_id', 'litellm.metadata.user_api_key_team_id', 'metadata.tenant_id',
     'traceloop.association.properties.tenant_id', 'traceloop.association.properties.tenant.id',
     'traceloop.association.properties.tenant', 'langfuse.trace.metadata.tenant_id',
     'langfuse.trace.metadata.tenant.id', 'langfuse.trace.metadata.tenant', 'ai.telemetry.metadata.tenant_id',
     'ai.telemetry.metadata.tenantId', 'ai.telemetry.metadata.tenant'] AS tenant_names,
    arrayConcat(otel, anthropic, spanledger, openllmetry, openinference, openlit, logfire, litellm, langfuse,
                pydantic_ai, vercel) AS vocabulary,

    -- What usage documents call the counts, by the count's place among `count_texts`.
    [('prompt_tokens', 1), ('input_tokens', 1), ('promptTokens', 1), ('input', 1),
     ('completion_tokens', 2), ('output_tokens', 2), ('completionTokens', 2), ('output', 2),
     ('prompt_tokens_details.cached_tokens', 3), ('input_tokens_details.cached_tokens', 3),
     ('cache_read_input_tokens', 3), ('input_cached_tokens', 3), ('input_cache_read', 3),
     ('cache_creation_input_tokens', 4), ('prompt_tokens_details.cache_write_tokens', 4),
     ('prompt_tokens_details.cache_creation_tokens', 4), ('input_tokens_details.cache_write_tokens', 4),
     ('input_cache_creation', 4),
     ('cache_creation.ephemeral_1h_input_tokens', 5), ('input_cache_creation_1h', 5),
     ('cache_creation.ephemeral_5m_input_tokens', 6), ('input_cache_creation_5m', 6),
     ('completion_tokens_details.reasoning_tokens', 7), ('output_tokens_details.reasoning_tokens', 7),
     ('output_tokens_details.thinking_tokens', 7), ('output_reasoning_tokens', 7), ('output_reasoning', 7),
     ('prompt_tokens_details.audio_tokens', 8), ('input_audio_tokens', 8),
     ('completion_tokens_details.audio_tokens', 9), ('output_audio_tokens', 9),
     ('server_tool_use.web_search_requests', 10)] AS document_vocabulary,

    translated AS
    (
        SELECT
            *,
            mapKeys(SpanAttributes) AS names,
            mapValues(SpanAttributes) AS texts,
            arrayMap(name -> transform(name, vocabulary.1, vocabulary.2, ''), names) AS meanings,
            arrayMap(name -> toUInt8(transform(name, tenant_names, range(1, length(tenant_names) + 1), 99)), names)
                AS tenant_ranks,
            -- What is kept as it came: all that speaks of usage, and what may tell whose call it was, unless by its
            -- name it may hold contents.
            arrayMap(name -> multiSearchAny(name, ['usage', 'token_count', 'cost', 'spanledger.vendor.']), names)
                AS is_usage,
            arrayMap((name, meaning, usage) ->
                         (meaning = '' OR startsWith(meaning, 'who.')) AND NOT usage
                         AND NOT multiSearchAny(name, ['message', 'prompt', 'completion', 'content', 'input', 'output',
                                                       'text', 'query', 'answer', 'instruction', 'document', 'schema',
                                                       'tool', 'request_data', 'response_data']),
                     names, meanings, is_usage) AS may_tell_whose
        FROM otel_traces
    ),

    sorted_out AS
    (
        WITH (meaning -> texts[indexOf(meanings, meaning)]) AS said
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
            arrayMap(name -> toUInt8(transform(name, document_vocabulary.1, document_vocabulary.2, 0)), document_names)
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
                otel_operation != '', transform(
                    otel_operation,
                    ['completion', 'acompletion', 'embedding', 'aembedding', 'embed', 'arerank', 'message', 'messages'],
                    ['text_completion', 'chat', 'embeddings', 'embeddings', 'embeddings', 'rerank', 'chat', 'chat'],
                    otel_operation),
                said_openinference_kind != '', transform(said_openinference_kind, ['LLM', 'EMBEDDING', 'RERANKER'],
                                                    ['chat', 'embeddings', 'rerank'], ''),
                said_langfuse_type != '', transform(said_langfuse_type, ['generation', 'embedding'], ['chat', 'embeddings'], ''),
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
        WHERE operation_name IN ('chat', 'text_completion', 'generate_content', 'embeddings', 'responses', 'multimodal',
                                 'rerank', 'image_generation', 'speech', 'transcription', 'vendor_usage')
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
            transform(
                label,
                ['az.ai.openai', 'azure', 'azure_openai', 'azure-openai', 'azureopenai', 'az.ai.inference', 'azure_ai',
                 'bedrock', 'aws_bedrock', 'amazon-bedrock', 'aws', 'amazon', 'bedrock_converse',
                 'gemini', 'google', 'google_genai', 'google-genai', 'google-gla', 'google_generativeai', 'gcp.gen_ai',
                 'google.vertex', 'vertex_ai', 'vertexai', 'vertex', 'google-vertex', 'google_vertexai',
                 'mistral', 'mistralai', 'mistral-ai', 'xai', 'x-ai', 'grok', 'together', 'togetherai', 'together-ai',
                 'fireworks', 'fireworks-ai', 'cohere_chat', 'claude', 'ibm', 'watsonx', 'perplexity-ai'],
                ['azure.ai.openai', 'azure.ai.openai', 'azure.ai.openai', 'azure.ai.openai', 'azure.ai.openai',
                 'azure.ai.inference', 'azure.ai.inference',
                 'aws.bedrock', 'aws.bedrock', 'aws.bedrock', 'aws.bedrock', 'aws.bedrock', 'aws.bedrock',
                 'gcp.gemini', 'gcp.gemini', 'gcp.gemini', 'gcp.gemini', 'gcp.gemini', 'gcp.gemini', 'gcp.gen_ai',
                 'gcp.vertex_ai', 'gcp.vertex_ai', 'gcp.vertex_ai', 'gcp.vertex_ai', 'gcp.vertex_ai', 'gcp.vertex_ai',
                 'mistral_ai', 'mistral_ai', 'mistral_ai', 'x_ai', 'x_ai', 'x_ai', 'together_ai', 'together_ai',
                 'together_ai', 'fireworks_ai', 'fireworks_ai', 'cohere', 'anthropic', 'ibm.watsonx.ai',
                 'ibm.watsonx.ai', 'perplexity'],
                label) AS provider_of_label,
            multiIf(
                server = '' OR startsWith(provider_of_label, 'azure') OR startsWith(provider_of_label, 'gcp.'), '',
                endsWith(server, 'aiplatform.googleapis.com'), 'gcp.vertex_ai',
                transform(
                    cutToFirstSignificantSubdomain(server),
                    ['openai.com', 'azure.com', 'anthropic.com', 'amazonaws.com', 'googleapis.com', 'mistral.ai',
                     'groq.com', 'deepseek.com', 'x.ai', 'together.xyz', 'together.ai', 'fireworks.ai', 'openrouter.ai',
                     'perplexity.ai', 'cohere.com', 'cohere.ai', 'cerebras.ai', 'nvidia.com', 'deepinfra.com',
                     'moonshot.ai', 'moonshot.cn', 'aliyuncs.com', 'huggingface.co', 'ovh.net', 'novita.ai',
                     'sambanova.ai', 'nebius.com', 'z.ai', 'minimax.io', 'voyageai.com', 'avian.io', 'hyperbolic.xyz',
                     'baseten.co', 'replicate.com', 'ai21.com', 'bigmodel.cn', 'volces.com', 'siliconflow.cn',
                     'siliconflow.com', 'friendli.ai', 'lambda.ai', 'featherless.ai', 'github.ai'],
                    ['openai', 'azure.ai.openai', 'anthropic', 'aws.bedrock', 'gcp.gemini', 'mistral_ai',
                     'groq', 'deepseek', 'x_ai', 'together_ai', 'together_ai', 'fireworks_ai', 'openrouter',
                     'perplexity', 'cohere', 'cohere', 'cerebras', 'nvidia', 'deepinfra',
                     'moonshotai', 'moonshotai', 'alibaba', 'huggingface', 'ovhcloud', 'novita',
                     'sambanova', 'nebius', 'zai', 'minimax', 'voyageai', 'avian', 'hyperbolic',
                     'baseten', 'replicate', 'ai21', 'zhipuai', 'volcengine', 'siliconflow',
                     'siliconflow', 'friendli', 'lambda', 'featherless', 'github'],
                    '')) AS provider_of_server,
            multiIf(
                label != '', '',
                match(request_model_name, '^(gpt-|o\\d|chatgpt|text-embedding-|davinci|whisper|dall-e)'), 'openai',
                startsWith(request_model_name, 'claude'), 'anthropic',
                startsWith(request_model_name, 'gemini'), 'gcp.gemini',
                match(request_model_name, '^(mistral|codestral|ministral|magistral|pixtral)'), 'mistral_ai',
                startsWith(request_model_name, 'command'), 'cohere',
                startsWith(request_model_name, 'deepseek'), 'deepseek',
                startsWith(request_model_name, 'grok'), 'x_ai',
                '') AS provider_of_model,
            multiIf(
                tenant_rank < 99, (tenant_names[tenant_rank],
                                   trim(BOTH '"' FROM texts[indexOf(said_tenant_ranks, tenant_rank)])),
                metadata_tenant != '', ('metadata', metadata_tenant),
                resource_tenant != '', ('resource tenant.id', resource_tenant),
                ('none', '(unattributed)')) AS tenant_found
        FROM judged
    ),

    (text -> if(text = 'None', '', trim(BOTH '"' FROM text))) AS unquoted
SELECT
    IngestedAt AS ingested_at,
    TraceId AS trace_id,
    SpanId AS span_id,
    ParentSpanId AS parent_span_id,
    Timestamp - toIntervalNanosecond(toInt64(logfire_stream_s * 1e9)) AS ts,
    Duration / 1e6 + logfire_stream_s * 1e3 AS duration_ms,
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
        CAST((arrayMap(name -> concat('resource.', name), mapKeys(ResourceAttributes)), mapValues(ResourceAttributes)),
             'Map(LowCardinality(String), String)')) AS attribution_raw
FROM concluded;

-- Reads each LLM span of otel_traces into llm_spans: one vocabulary, typed columns, whatever the dialect.
--
-- What counts as an LLM call: an inference or embedding operation, and the use of a vendor's service. Agents,
-- workflows, tools and retrieval do not, nor does gen_ai.aggregated_usage.*, however much usage they repeat.
-- Input tokens are the whole prompt, cached tokens included; output tokens include reasoning. What is not a count
-- (negative, NaN, too large, text) is kept in usage_raw, named in usage_note, and counts as missing. A name of an operation
-- that nobody knows hides no call: a span with a model and tokens is one.
--
-- First the names of attributes are translated to what they mean here: spanledger_vocabulary/rows/attribute.csv says what.
-- Where a span has several names of one meaning the first on the span that says anything is taken. Then each dialect's repairs, then the
-- columns. All names of a span are translated in one pass over the block's dictionary of names, which is many times
-- cheaper than looking names up. The placeholders in double braces are the vocabulary's constants.
-- Needs: llm_spans, otel_traces, tenant_rule, tenant_rule_set

CREATE MATERIALIZED VIEW IF NOT EXISTS llm_spans_from_otel_traces TO llm_spans AS
WITH
    -- Names of tenants, the most trusted first.
    {{tenant_names}} AS tenant_names,
    {{rule_names}},
    {{treatments_of}},
    {{as_tenant}},
    {{host_named}},
    {{claudes_platform}},

    translated AS
    (
        SELECT
            *,
            mapKeys(SpanAttributes) AS names,
            mapValues(SpanAttributes) AS texts,
            -- By the meaning's place among all meanings: numbers are found faster than texts.
            -- What is empty says nothing.
            arrayMap((name, text) -> toUInt8((text != '') * transform(name, {{names_read}}, {{meanings_read}}, 0)), names, texts) AS meanings,
            arrayMap(name -> toUInt8(transform(name, tenant_names, range(1, length(tenant_names) + 1), 99)), names)
                AS tenant_ranks,
            -- What is kept as it came: all that speaks of usage, and what tells whose call it was. treatments: below 4 are
            -- counts, names and what is not known, of which otel_traces has numbers only; 9 tells whose.
            arrayMap(name -> multiSearchAny(name, ['usage', 'token_count', 'cost', 'spanledger.vendor.']), names)
                AS speaks_of_usage,
            treatments_of(names) AS treatments,
            arrayMap((usage, treatment) -> usage AND treatment < 4, speaks_of_usage, treatments) AS is_usage,
            arrayMap(treatment -> treatment IN (9, 10), treatments) AS may_tell_whose,
            arrayMap(treatment -> treatment IN (1, 5, 9, 10), treatments_of(mapKeys(ResourceAttributes))) AS resource_may_tell_whose
        FROM otel_traces
    ),

    sorted_out AS
    (
        WITH
            (meaning -> texts[indexOf(meanings, meaning)]) AS first_said,
            -- The first name of a meaning does not win by saying nothing.
            (meaning -> if(
                first_said(meaning) IN ('0', 'null', 'None', 'undefined'),
                firstNonDefault(
                    arrayFirst((text, number) -> number = meaning
                                                 AND text NOT IN ('', '0', 'null', 'None', 'undefined'), texts, meanings),
                    first_said(meaning)),
                first_said(meaning))) AS counted_as,
            (meaning -> first_said(meaning)) AS said,
            -- What few spans say is looked for only on those that say any of it.
            arrayExists(number -> number >= {{first_of_few}}, meanings) AS says_few,
            (meaning -> if(says_few, first_said(meaning), '')) AS few
        SELECT
            *,
            says_few,
            said({{meaning_operation}}) AS said_operation,
            said({{meaning_request_type}}) AS said_request_type,
            said({{meaning_litellm_call}}) AS said_litellm_call,
            said({{meaning_answer}}) AS said_answer,
            said({{meaning_role}}) AS said_role,
            said({{meaning_outcome}}) AS said_outcome,
            said({{meaning_attempts}}) AS said_attempts,
            said({{meaning_batch}}) AS said_batch,
            said({{meaning_provider}}) AS said_provider,
            said({{meaning_system}}) AS said_system,
            said({{meaning_server}}) AS said_server,
            said({{meaning_request_model}}) AS said_request_model,
            said({{meaning_response_model}}) AS said_response_model,
            -- Braintrust tells the model in a document, of whatever it has a span for.
            if(few({{meaning_model_document}}) = '' OR position(said({{meaning_usage_document}}), 'prompt_tokens') = 0,
               said({{meaning_model}}), JSONExtractString(few({{meaning_model_document}}), 'model')) AS said_model,
            said({{meaning_response_id}}) AS said_response_id,
            said({{meaning_finish_reason}}) AS said_finish_reason,
            said({{meaning_error_type}}) AS said_error_type,
            said({{meaning_service_tier}}) AS said_service_tier,
            said({{meaning_speed}}) AS said_speed,
            said({{meaning_stream}}) AS said_stream,
            said({{meaning_ttft}}) AS said_ttft,
            said({{meaning_openinference_kind}}) AS said_openinference_kind,
            said({{meaning_logfire_type}}) AS said_logfire_type,
            said({{meaning_logfire_duration}}) AS said_logfire_duration,
            said({{meaning_langfuse_type}}) AS said_langfuse_type,
            said({{meaning_langfuse_first_token}}) AS said_langfuse_first_token,
            said({{meaning_vercel_operation}}) AS said_vercel_operation,
            said({{meaning_vercel_metadata}}) AS said_vercel_metadata,
            counted_as({{meaning_usage_input}}) AS said_input,
            counted_as({{meaning_usage_output}}) AS said_output,
            -- OpenInference's spans of LiteLLM tell the tokens of text as cached input.
            firstNonDefault(counted_as({{meaning_usage_cache_read}}),
                            if(ScopeName = 'openinference.instrumentation.litellm', '', few({{meaning_usage_cache_input}})))
                AS said_cache_read,
            counted_as({{meaning_usage_cache_write}}) AS said_cache_write,
            said({{meaning_usage_cache_write_5m}}) AS said_cache_write_5m,
            said({{meaning_usage_cache_write_1h}}) AS said_cache_write_1h,
            said({{meaning_usage_reasoning}}) AS said_reasoning,
            said({{meaning_usage_audio_input}}) AS said_audio_input,
            said({{meaning_usage_audio_output}}) AS said_audio_output,
            said({{meaning_usage_searches}}) AS said_searches,
            said({{meaning_usage_total}}) AS said_total,
            said({{meaning_usage_document}}) AS said_document,
            said({{meaning_usage_vendor_unit}}) AS said_vendor_unit,
            said({{meaning_usage_vendor_quantity}}) AS said_vendor_quantity,
            said({{meaning_who_user}}) AS said_user,
            said({{meaning_who_session}}) AS said_session,
            said({{meaning_who_account}}) AS said_account,
            said({{meaning_who_metadata}}) AS said_metadata,
            said({{meaning_feature}}) AS said_feature,
            said({{meaning_workflow}}) AS said_workflow,
            said({{meaning_run_id}}) AS said_run_id,
            said({{meaning_cost_center}}) AS said_cost_center,
            said({{meaning_environment}}) AS said_environment,
            few({{meaning_usage_image_input}}) AS said_image_input,
            few({{meaning_usage_image_output}}) AS said_image_output,
            few({{meaning_usage_image_cache_read}}) AS said_image_cache_read,
            few({{meaning_usage_audio_cache_read}}) AS said_audio_cache_read,
            few({{meaning_usage_video_input}}) AS said_video_input,
            few({{meaning_usage_tool_prompt}}) AS said_tool_prompt,
            few({{meaning_usage_citation}}) AS said_citation,
            few({{meaning_usage_other_units}}) AS said_other_units,
            -- What is charged by in place of tokens, as the place of its meaning.
            if(says_few, arrayFirst(number -> number >= {{first_unit}}, meanings), toUInt8(0)) AS unit_place,
            if(unit_place = 0, '', first_said(unit_place)) AS said_units,
            few({{meaning_usage_thoughts}}) AS said_thoughts,
            few({{meaning_usage_all_inside}}) AS said_all_inside,
            few({{meaning_usage_input_details}}) AS said_input_details,
            few({{meaning_usage_output_details}}) AS said_output_details,
            few({{meaning_usage_reported_cost}}) AS said_reported_cost,
            few({{meaning_usage_note}}) AS said_note,
            few({{meaning_geo}}) AS said_geo,
            said({{meaning_cloud_provider}}) AS said_cloud_provider,
            said({{meaning_cloud_region}}) AS said_cloud_region,

            -- LiteLLM's copy of the provider's answer, as llm.<provider>.<field>: where the app's own span, on which LiteLLM
            -- writes, has ended before, it is all there is.
            if(SpanName = 'raw_gen_ai_request',
               arrayFirst(name -> startsWith(name, 'llm.') AND endsWith(name, '.usage'), names), '') AS raw_usage_name,

            -- Usage that came as a document: Langfuse's, Logfire's raw usage, and the reprs of LiteLLM.
            -- LangSmith tells the details of the input and of the output apart.
            firstNonDefault(said_document, if(raw_usage_name = '', '', texts[indexOf(names, raw_usage_name)]),
                            if(said_input_details = '', '',
                               concat('{\'input_token_details\': ', said_input_details, ', \'output_token_details\': ',
                                      if(said_output_details = '', '{}', said_output_details), '}')),
                            if(said_vercel_metadata = '', '', firstNonDefault(
                                JSONExtractRaw(said_vercel_metadata, 'anthropic', 'usage'),
                                JSONExtractRaw(said_vercel_metadata, 'google', 'usageMetadata'),
                                JSONExtractRaw(said_vercel_metadata, 'vertex', 'usageMetadata'),
                                JSONExtractRaw(said_vercel_metadata, 'bedrock', 'usage'),
                                JSONExtractRaw(said_vercel_metadata, 'perplexity', 'usage'),
                                JSONExtractRaw(said_vercel_metadata, 'openrouter', 'usage'),
                                JSONExtractRaw(said_vercel_metadata, 'anthropic'),
                                JSONExtractRaw(said_vercel_metadata, 'openai'),
                                JSONExtractRaw(said_vercel_metadata, 'deepseek'))))
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
                startsWith(ScopeName, 'com.anthropic.claude_code'), 'claude-code',
                startsWith(ScopeName, 'com.anthropic.'), 'anthropic',
                startsWith(ScopeName, 'codex'), 'codex',
                startsWith(ScopeName, 'gemini-cli'), 'gemini-cli',
                startsWith(ScopeName, 'gcp.vertex.agent'), 'adk',
                startsWith(ScopeName, 'logfire'), if(said_logfire_type = 'log', 'logfire-stream', 'logfire'),
                ScopeName = 'pydantic-ai', 'pydantic-ai',
                startsWith(ScopeName, 'strands'), 'strands',
                startsWith(ScopeName, 'langsmith'), 'langsmith',
                startsWith(ScopeName, 'mlflow'), 'mlflow',
                startsWith(ScopeName, '@traceloop/instrumentation-'), 'openllmetry-js',
                ScopeName = 'opentelemetry.instrumentation.google_genai', 'google-genai',
                startsWith(ScopeName, 'litellm') OR said_litellm_call != '', 'litellm',
                said_langfuse_type != '', 'langfuse',
                match(ScopeName, '^opentelemetry\\.instrumentation\\.[a-z_]+(\\.v\\d)?$')
                    AND ScopeName NOT IN ('opentelemetry.instrumentation.openai_v2'), 'openllmetry',
                'otel-genai') AS dialect_name,
            if(said_vercel_metadata = '', '', firstNonDefault(
                JSONExtractString(said_vercel_metadata, 'openai', 'serviceTier'),
                JSONExtractString(said_vercel_metadata, 'azure', 'serviceTier'),
                JSONExtractString(said_vercel_metadata, 'anthropic', 'usage', 'service_tier'),
                JSONExtractString(said_vercel_metadata, 'google', 'serviceTier'),
                JSONExtractString(said_vercel_metadata, 'google', 'usageMetadata', 'trafficType'),
                JSONExtractString(said_vercel_metadata, 'vertex', 'usageMetadata', 'trafficType'))) AS vercel_tier,
            if(said_speed = '' AND said_vercel_metadata != '', JSONExtractString(said_vercel_metadata, 'anthropic', 'usage', 'speed'),
               said_speed) AS speed_told,
            if(said_geo = '' AND said_vercel_metadata != '',
               JSONExtractString(said_vercel_metadata, 'anthropic', 'usage', 'inference_geo'), said_geo) AS geo_told,
            substring(raw_usage_name, 1, length(raw_usage_name) - 5) AS raw_prefix,
            raw('model') AS raw_model,
            raw('id') AS raw_id,
            raw('object') AS raw_object,
            -- OpenLLMetry of 2025 calls Anthropic's messages completions.
            lower(firstNonDefault(said_operation, said_request_type)) AS otel_operation,
            -- Who answered. Most label whatever speaks OpenAI's protocol as openai; the server's address tells better,
            -- and where nothing is said the model's name does.
            -- A framework's own name tells who asks, not who answers.
            transform(replaceRegexpOne(
                lower(trim(BOTH '"' FROM firstNonDefault(said_provider, said_system,
                                                         replace(splitByChar('.', raw_prefix)[2], 'None', '')))),
                '\\.(chat|responses|messages|completion|embedding|textembedding|image|speech|transcription|languagemodel|generative-ai)$',
                '') AS told_label, {{labels_of_nobody}}, {{labels_of_nobody_as}}, told_label) AS label,
            lower(if(position(said_server, '/') > 0, domain(said_server), said_server)) AS server,
            -- Documents are JSON, or the repr of a Python dict, or a JSON string of either.
            if(usage_document IN ('', '{}', 'None'), '',
               if(startsWith(usage_document, '{\''),
                  replaceAll(replaceAll(replaceAll(replaceAll(usage_document, '\'', '"'), ': None', ': null'),
                             ': True', ': true'), ': False', ': false'),
                  if(startsWith(usage_document, '"'), JSONExtractString(usage_document), usage_document)))
                AS told_json,
            -- Gemini's lists of modalities, as objects.
            if(position(told_json, 'odality') = 0, told_json, replaceRegexpAll(
                replaceRegexpAll(told_json, '\\{\\s*"modality"\\s*:\\s*"(\\w+)"\\s*,\\s*"token_?[cC]ount"\\s*:\\s*(\\d+)\\s*\\}', '"\\1":\\2'),
                '\\[\\s*("[A-Z]+":\\d[^\\]\\[]*)\\]', '{\\1}')) AS usage_json
        FROM sorted_out
    ),

    unfolded AS
    (
        WITH
            (pairs -> arrayFlatten(arrayMap(pair -> if(
                startsWith(pair.2, '{'),
                arrayMap(inner -> (concat(pair.1, '.', inner.1), inner.2), JSONExtractKeysAndValuesRaw(pair.2)),
                [pair]), pairs))) AS opened_once
        SELECT
            *,
            if(usage_json = '', [], opened_once(opened_once(JSONExtractKeysAndValuesRaw(usage_json)))) AS document,
            if(otel_operation = '', '', transform(otel_operation, {{otel_genai_names}}, {{otel_genai_operations}}, ''))
                AS known_operation,
            if(said_openinference_kind = '', '',
               transform(said_openinference_kind, {{openinference_names}}, {{openinference_operations}}, ''))
                AS openinference_operation,
            if(said_langfuse_type = '', '', transform(said_langfuse_type, {{langfuse_names}}, {{langfuse_operations}}, ''))
                AS langfuse_operation,
            transform(label, {{providers_called_otherwise}}, {{providers_so_called}}, label) AS provider_of_label,
            -- LangChain puts the tier before the names of counts, and Langfuse keeps them.
            if(match(usage_json, '_(flex|priority)'), extract(usage_json, '"(?:input|output)_(flex|priority)["_]'), '')
                AS document_tier,
            dialect_name = 'openlit' AS is_openlit,
            -- When: the first token; Langfuse quotes it.
            parseDateTime64BestEffortOrNull(trim(BOTH '"' FROM said_langfuse_first_token), 9, 'UTC')
                AS langfuse_first_token,
            toUnixTimestamp64Nano(`Events.Timestamp`[indexOf(`Events.Name`, 'First Token Stream Event')])
                AS openinference_first_token_ns,
            toUnixTimestamp64Nano(Timestamp) AS timestamp_ns
        FROM opened
    ),

    numbered AS
    (
        SELECT
            *,
            document.1 AS document_names,
            document.2 AS document_values,
            -- In the order of the counts below; what says nothing is not looked at.
            if(usage_json = '', [], arrayMap(
                (name, value) -> if(value IN ('null', '""'), toUInt8(0),
                                    toUInt8(transform(name, {{usage_fields}}, {{usage_field_counts}}, 0))),
                document_names, document_values)) AS document_numbers,

            -- OpenLIT. It counts tokens by itself for streams of OpenAI's chat completions that tell none, without a mark: what
            -- such a stream did tell comes with a count of cached tokens. Its input leaves Anthropic's cached tokens out.
            -- It gives a time to the first token to whole answers as well. Calls that fail may have no attribute but a name.
            is_openlit AND said_operation = '' AND match(SpanName, '^(chat|embeddings) ') AS openlit_bare,
            is_openlit AND said_stream IN ('true', 'True') AS openlit_stream,
            -- Its adapters of frameworks hand on what these count, which is all.
            is_openlit AND label != '' AND ('anthropic' IN (said_provider, said_system) OR position(said_request_model, 'claude') > 0)
                AS openlit_excludes_cached
        FROM unfolded
    ),

    -- The repairs of each dialect.
    understood AS
    (
        SELECT
            *,

            openlit_stream
                AND NOT openlit_excludes_cached
                AND said_cache_read = ''
                AND said_reasoning = ''
                AND NOT startsWith(said_response_id, 'resp_') AS openlit_invented,

            -- Objects in objects, two levels down.
            if(usage_json = '', [], arrayMap(
                number -> firstNonDefault(
                    arrayFirst((value, found) -> found = number AND value NOT IN ('0', '0.0', '"0"'),
                               document_values, document_numbers),
                    document_values[indexOf(document_numbers, toUInt8(number))]),
                range(1, {{counts}} + 1))) AS document_counts,
            -- Langfuse's own buckets: what is a bucket of its own is in no other.
            -- Beside counts of the span's own, which are of all, they are only another way to write these.
            hasAny(document_names, ['input', 'output']) AND said_input = ''
                AND NOT hasAny(document_names, ['prompt_tokens', 'input_tokens']) AS document_has_buckets,
            multiIf(
                said_role = 'context', '',
                raw_model != '', if(raw_object = 'list', 'embeddings', 'chat'),
                said_vercel_operation != '' AND (dialect_name = 'vercel' OR otel_operation = ''), multiIf(
                    startsWith(said_vercel_operation, 'ai.embed'), 'embeddings',
                    match(said_vercel_operation, '^ai\\.(generate|stream)(Text|Object)'), 'chat',
                    said_vercel_operation = 'ai.rerank.doRerank', 'rerank',
                    startsWith(said_vercel_operation, 'ai.generateImage'), 'image_generation',
                    match(said_vercel_operation, '\\.do[A-Z]') AND (said_input != '' OR said_output != ''), 'chat',
                    ''),
                otel_operation = 'completion' AND (dialect_name = 'litellm' OR endsWith(SpanName, '.chat')), 'chat',
                known_operation != '', if(known_operation = 'none', '', known_operation),
                said_openinference_kind != '' AND openinference_operation != '',
                    if(openinference_operation = 'none', '', openinference_operation),
                said_langfuse_type != '' AND langfuse_operation != '', if(langfuse_operation = 'none', '', langfuse_operation),
                openlit_bare, splitByChar(' ', CAST(SpanName, 'String'))[1],
                -- Codex names no model.
                dialect_name = 'codex' AND said_input != '', 'chat',
                -- A name that nobody here knows: whatever has a model and tokens is a call, but for what sums calls.
                (said_input != '' OR said_output != '' OR usage_json != '')
                    AND (said_request_model != '' OR said_response_model != '' OR said_model != '')
                    AND NOT match(otel_operation, 'agent|workflow|tool|chain|crew|task|session|memory|retriev|evaluat'), 'chat',
                '') AS operation_name
        FROM numbered
    ),

    -- The counts, as text and as numbers where they are numbers, and what the rest rests on.
    judged AS
    (
        WITH
            ((said, of_document) -> if(said IN ('', '0', '0.0', 'null', 'None') AND of_document != '', of_document, said))
                AS or_document,
            (text -> if(text IN ('', 'null', 'None', 'undefined'), NULL, ifNull(toFloat64OrNull(trim(BOTH '"' FROM text)), -1)))
                AS number_of
        SELECT
            * EXCEPT (
                TraceState, SpanKind, StatusMessage, SpanAttributes, meanings, tenant_ranks, speaks_of_usage,
                treatments, said_operation, said_request_type, said_litellm_call, said_role, said_provider,
                said_system, said_server, said_request_model, said_ttft, said_openinference_kind,
                said_logfire_type, said_logfire_duration, said_langfuse_type, said_langfuse_first_token,
                said_vercel_metadata, said_input, said_output, said_cache_read, said_cache_write,
                said_cache_write_5m, said_cache_write_1h, said_reasoning, said_audio_input, said_audio_output,
                said_searches, said_total, said_document, said_metadata, said_image_input, said_image_output,
                said_image_cache_read, said_audio_cache_read, said_video_input, said_tool_prompt,
                said_citation, said_thoughts, said_input_details, said_output_details, raw_usage_name, usage_document, raw_prefix, raw_object, otel_operation,
                usage_json, known_operation, openinference_operation, langfuse_operation, is_openlit, langfuse_first_token,
                openinference_first_token_ns, timestamp_ns, document_names, document_values, document_numbers,
                openlit_bare, openlit_stream, document_counts),
            [said_input, said_output, said_cache_read, said_cache_write, said_cache_write_1h, said_cache_write_5m,
             said_reasoning, said_audio_input, said_audio_output, said_searches, said_total] AS said_counts,
            -- NULL where there is nothing, -1 where it is no number.
            arrayMap(text -> number_of(text), if(usage_json = '', said_counts, arrayMap(
                (said, of_document) -> or_document(said, of_document), said_counts, arrayResize(document_counts, 11)))) AS numbers,
            -- Of what few spans tell.
            [said_tool_prompt, '', '', said_image_input, said_image_output, said_video_input, '', '', said_image_cache_read,
             said_audio_cache_read, said_citation] AS said_few_counts,
            if(says_few OR usage_json != '', arrayMap(text -> number_of(text), arrayConcat(
                if(usage_json = '', said_few_counts, arrayMap(
                    (said, of_document) -> or_document(said, of_document),
                    said_few_counts, arrayResize(arraySlice(document_counts, 12), 11))),
                [said_thoughts])), []) AS few_numbers,
            -- Anthropic's own document tells uncached input; whoever says prompt_tokens has added the cached ones, but
            -- Haystack, which adds nothing up. Where the span says the very input that the provider's document has, it has not.
            document_has_buckets
                OR hasAny(document_names, ['cache_read_input_tokens', 'cache_creation_input_tokens', 'cacheReadInputTokens',
                                           'cacheWriteInputTokens'])
                    AND NOT hasAll(document_names, ['prompt_tokens', 'total_tokens'])
                    AND (said_input = '' OR said_input = document_counts[1])
                OR has(document_names, 'cacheCreationInputTokens') AND document_counts[1] = '' AS document_may_exclude_cached,
            trim(BOTH '"' FROM firstNonDefault(said_request_model, said_model, raw_model,
                            if(openlit_bare, substring(SpanName, position(SpanName, ' ') + 1), '')))
                AS request_model_name,

            -- Whose call it was.
            if(arrayMin(tenant_ranks) = 99, tenant_ranks,
               arrayMap((rank, text) -> if(rank < 99 AND text IN ('', 'None', 'null', '""'), toUInt8(99), rank),
                        tenant_ranks, texts)) AS said_tenant_ranks,
            as_tenant(firstNonDefault(
                JSONExtractString(said_metadata, 'tenant.id'), JSONExtractString(said_metadata, 'tenant_id'),
                JSONExtractString(said_metadata, 'tenant'))) AS metadata_tenant,
            as_tenant(firstNonDefault(ResourceAttributes['tenant.id'], ResourceAttributes['tenant_id'])) AS resource_tenant,

            -- When the first token came. A stream's result of Logfire says how long the stream took.
            multiIf(
                said_ttft != '', if(is_openlit AND NOT openlit_stream, NULL,
                                    toFloat64OrNull(said_ttft) * if(dialect_name IN ('vercel', 'claude-code'), 1, 1000)),
                said_openinference_kind != '' AND openinference_first_token_ns > 0,
                    (openinference_first_token_ns - timestamp_ns) / 1e6,
                langfuse_first_token IS NOT NULL,
                    (toUnixTimestamp64Nano(langfuse_first_token) - timestamp_ns) / 1e6,
                NULL) AS ttft,
            if(dialect_name = 'logfire-stream',
               greatest(0, least(86400, ifNull(toFloat64OrNull(said_logfire_duration), 0))), 0) AS logfire_stream_s,
            indexOf(`Events.Name`, 'exception') AS exception_event
        FROM understood
        WHERE operation_name != ''
    ),

    counted AS
    (
        SELECT
            *,
            arrayMap(number -> number BETWEEN 0 AND 100000000, numbers) AS is_count,
            arrayMap(number -> toUInt64(if(ifNull(number BETWEEN 0 AND 100000000, 0), assumeNotNull(number), 0)), numbers)
                AS counts,
            arrayMap(number -> toUInt64(if(ifNull(number BETWEEN 0 AND 100000000, 0), assumeNotNull(number), 0)), few_numbers)
                AS few_counts,
            arrayMin(said_tenant_ranks) AS tenant_rank,
            operation_name IN ('chat', 'text_completion', 'generate_content', 'responses') AS generates
        FROM judged
    ),

    concluded AS
    (
        SELECT
            *,
            counts[3] AS cache_read_count,
            greatest(counts[7], few_counts[12]) AS reasoning_count,
            counts[1] + few_counts[7] AS input_count,
            counts[2] + few_counts[8] AS output_count,
            greatest(counts[4], counts[5] + counts[6]) AS cache_write_count,
            -- A call to a model cannot have used nothing: who says 0/0 of an answer does not know. Nor does who tells
            -- one half, and neither the other nor the total, of a call that went well.
            multiIf(
                is_count[1] = 0 OR is_count[2] = 0, 'not a count',
                is_count[1] IS NULL AND is_count[2] IS NULL, '',
                openlit_invented, 'counted by the instrumentation',
                input_count = 0 AND output_count = 0 AND (generates OR operation_name = 'embeddings'), 'zero for unknown',
                -- Nobody asks nothing: an instrumentation's 0 stands for a stream's prompt that was not counted, unless all of
                -- it is told as cached. What an app says itself, in words of its own or of the conventions, is a count.
                dialect_name NOT IN ('spanledger', 'otel-genai') AND is_count[1] = 1 AND input_count + cache_read_count + counts[4] = 0 AND output_count > 0 AND generates
                    AND counts[11] <= output_count AND said_outcome != 'abandoned' AND StatusCode != 'Error', 'input not told',
                NOT generates OR is_count[1] = 1 AND is_count[2] = 1 OR counts[11] > 0 OR said_outcome = 'abandoned'
                    OR StatusCode = 'Error' OR said_error_type != '' OR exception_event > 0, '',
                is_count[1] IS NULL, 'input not told',
                'output not told') AS disbelief,
            -- The longest part of the server's name that is the host of an API, label by label.
            multiIf(
                server = '' OR startsWith(provider_of_label, 'azure') OR startsWith(provider_of_label, 'gcp.'), '',
                {{regional_hosts}},
                arrayFirst(found -> found != '',
                           arrayMap(length -> transform(arrayStringConcat(arraySlice(splitByChar('.', server), -length), '.'),
                                                        {{hosts}}, {{hosts_providers}}, ''),
                                    [5, 4, 3, 2]))) AS provider_of_server,
            -- Of what speaks OpenAI's language, a seller before the model's name tells more than the label, which is the client's.
            if(label != '' AND NOT (provider_of_label = 'openai' AND position(request_model_name, '/') > 0
                                    AND match(request_model_name, {{models_with_sellers}})),
               '', multiIf({{models_of_providers}}, '')) AS provider_of_model,
            as_tenant(texts[indexOf(said_tenant_ranks, tenant_rank)]) AS span_tenant,
            multiIf(
                tenant_rank < 99 AND span_tenant != '', (tenant_names[tenant_rank], span_tenant),
                metadata_tenant != '', ('metadata', metadata_tenant),
                resource_tenant != '', ('resource tenant.id', resource_tenant),
                ('none', '(unattributed)')) AS tenant_claimed,
            ResourceAttributes['spanledger.pinned_tenant'] AS pinned_tenant
        FROM counted
    ),

    weighed AS
    (
        SELECT
            *,
            -- No tokens of what is charged by another unit are no tokens.
            ifNull(disbelief = '' AND (is_count[1] = 1 OR is_count[2] = 1) AND (said_units = '' OR input_count + output_count > 0), 0)
                AS has_usage,
            -- Whose token brought it: no span knows better.
            multiIf(
                pinned_tenant = '', tenant_claimed,
                tenant_claimed.2 IN (pinned_tenant, '(unattributed)'), ('token', pinned_tenant),
                (concat('token over ', tenant_claimed.1), pinned_tenant)) AS tenant_found,
            -- Anthropic's SDK calls Bedrock as well, whose models have names of their own. Copilot calls itself github.
            multiIf(
                provider_of_server != '', provider_of_server,
                provider_of_label = 'anthropic' AND match(request_model_name, '^(arn:aws|([a-z]+\\.)?anthropic\\.)'), 'aws.bedrock',
                provider_of_label = 'github' AND position(ScopeName, 'copilot') > 0, 'github_copilot',
                firstNonDefault(provider_of_model, provider_of_label, if(dialect_name = 'codex', 'openai', '')))
                AS provider_name,
            -- Thoughts that have a name of their own are beside Gemini's output.
            -- LiteLLM's counts stay as they are in MLflow: all inside. So does what OpenAI's SDK hears at Bedrock's host or a gateway.
            dialect_name = 'mlflow' AND startsWith(SpanName, 'litellm-') AS of_litellm,
            bitOr(2 * (few_counts[12] > 0 AND position(request_model_name, 'gemini') > 0), if(dialect_name = 'spanledger' OR said_all_inside != '' OR of_litellm OR dialect_name = 'openlit' AND label = ''
                OR provider_of_label = 'openai' AND (provider_name = 'aws.bedrock' OR provider_of_server = '' AND provider_of_model != ''), 0,
               transform(concat(dialect_name, ' ', provider_name), {{conventions}}, {{conventions_bits}},
                         transform(provider_name, {{conventions_of_all}}, {{conventions_of_all_bits}}, 0)))) AS convention,
            -- Whoever gives OpenAI's counts Anthropic's names has not changed what they hold.
            document_has_buckets
                OR document_may_exclude_cached AND provider_name NOT IN ('openai', 'azure.ai.openai') AND NOT of_litellm
                    -- MLflow adds them since 3.12: a prompt that has room for them holds them.
                    AND NOT (dialect_name = 'mlflow' AND input_count >= cache_read_count + cache_write_count)
                AS document_excludes_cached,
            counts[11] > 0 AS has_total,
            if(has_total AND is_count[1] IS NULL AND generates, toInt64(counts[11]) - toInt64(output_count), toInt64(input_count))
                AS told_input,
            if(has_total AND is_count[2] IS NULL AND generates, toInt64(counts[11]) - toInt64(input_count), toInt64(output_count))
                AS told_output,
            has_total AND is_count[1] = 1 AND is_count[2] = 1 AS total_decides,
            toInt64(cache_read_count + cache_write_count + if(document_has_buckets, counts[8] + few_counts[4], 0)) AS cached,
            toInt64(reasoning_count + if(document_has_buckets, counts[9] + few_counts[2] + few_counts[3] + few_counts[5], 0)) AS reasoned,
            toInt64(few_counts[1]) AS tool_prompt
        FROM concluded
    ),
    compared AS
    (
        SELECT
            *,
            toInt64(counts[11]) - told_input - told_output AS gap,
            if(cached > 0 AND (bitTest(convention, 0) OR openlit_excludes_cached OR document_excludes_cached), 1, 0) AS cached_usual,
            if(reasoned > 0 AND (bitTest(convention, 1) OR document_has_buckets), 1, 0) AS reasoned_usual,
            if(tool_prompt > 0 AND bitTest(convention, 2), 1, 0) AS tools_usual,
            cached_usual * cached + reasoned_usual * reasoned + tools_usual * tool_prompt AS usual_amount,
            toUInt8(cached_usual + 2 * reasoned_usual + 4 * tools_usual) AS usual,
            -- No total puts more cached tokens into the input than it has.
            toUInt8(cached > told_input AND gap = 0 AND usual_amount = 0) AS no_room_for_cached,
            -- More of a part than of the whole: then it was not in it.
            toUInt8(if(cached_usual = 1 OR cached > told_input, 1, 0) + if(reasoned_usual = 1 OR reasoned > told_output, 2, 0)
                    + 4 * tools_usual) AS possible
        FROM weighed
    ),

    -- The tokens are reckoned by products, not by if(): what only branches need is put off by the engine, and branches in
    -- branches in branches are then reckoned over and over.
    -- What is inside the input and output, and what beside: spanledger_vocabulary/rows/convention.csv says what is usual; a total
    -- that is told decides. By bits: 1 cached tokens, 2 reasoning, 4 the results of tools, 8 cached tokens that were read alone,
    -- 16 those that were written alone.
    decided AS
    (
        SELECT
            *,
            -- What the total says, the first that fits; the usual, where it says nothing.
            [possible, bitOr(usual, no_room_for_cached),
             -- A total that the instrumentation added up itself tells nothing against the provider's own document.
             (bitTest(convention, 3) OR document_excludes_cached AND NOT document_has_buckets) * possible,
             1, 2, 3, 4, 5, 6, 7, 8, 10, 16][1 + ifNull(total_decides, 1) * indexOf(
                [usual_amount, 0, cached, reasoned, cached + reasoned, tool_prompt, cached + tool_prompt,
                 reasoned + tool_prompt, cached + reasoned + tool_prompt, toInt64(cache_read_count),
                 toInt64(cache_read_count) + reasoned, toInt64(cache_write_count)], gap)] AS beside
        FROM compared
    ),

    bitTest(beside, 0) * cached + bitTest(beside, 3) * toInt64(cache_read_count) + bitTest(beside, 4) * toInt64(cache_write_count)
        AS cached_beside,
    bitTest(beside, 1) * reasoned AS reasoned_beside,
    bitTest(beside, 2) * tool_prompt AS tools_beside,
    cached_beside + reasoned_beside + tools_beside AS all_beside,
    -- Reasoning that only the total tells of.
    ifNull(total_decides AND bitTest(convention, 4) AND reasoned = 0, 0) * greatest(gap - all_beside, 0)
        AS hidden_reasoning,
    -- Where reasoning is told, what is left of the total are results of tools.
    ifNull(total_decides AND bitTest(convention, 4) AND reasoned > 0 AND tool_prompt = 0, 0) * greatest(gap - all_beside, 0)
        AS hidden_tools,
    multiIf(
        NOT has_total, '',
        is_count[1] IS NULL AND generates, 'input told by total_tokens',
        is_count[2] IS NULL AND generates, 'output told by total_tokens',
        hidden_reasoning > 0, 'total_tokens tells of reasoning',
        hidden_tools > 0, 'total_tokens tells of results of tools',
        NOT total_decides OR gap = all_beside OR gap = 0, '',
        'total_tokens is not the sum') AS note_of_total,
    if(beside = usual, '', concat(
        if(total_decides AND gap = all_beside, 'total_tokens tells ', ''),
        arrayStringConcat(arrayFilter(word -> word != '', [
            if((beside >= 8 OR bitTest(bitXor(beside, usual), 0)) AND cached > 0,
               multiIf(beside < 8, 'cached tokens',
                       bitTest(beside, 3) = bitTest(usual, 0), 'tokens written to the cache', 'tokens read from the cache'), ''),
            if(bitTest(bitXor(beside, usual), 1) AND reasoned > 0, 'reasoning', ''),
            if(bitTest(bitXor(beside, usual), 2) AND tool_prompt > 0, 'results of tools', '')]), ' and '),
        multiIf(NOT (total_decides AND gap = all_beside), ' more than all: counted beside',
                all_beside > usual_amount, ' beside', ' inside'))) AS note_of_parts,

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
    if(dialect_name IN ('claude-code', 'codex', 'gemini-cli'), dialect_name, '') AS agent,
    tenant_found.2 AS tenant_id,
    tenant_found.1 AS tenant_source,
    unquoted(said_user) AS user_id,
    unquoted(said_session) AS session_id,
    said_feature AS feature,
    said_workflow AS workflow,
    said_run_id AS run_id,
    said_cost_center AS cost_center,
    if(dialect_name = 'claude-code' AND provider_name = 'anthropic', claudes_platform(request_model_name), provider_name) AS provider,
    request_model_name AS request_model,
    trim(BOTH '"' FROM firstNonDefault(said_response_model, said_model, raw_model)) AS response_model,
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
       firstNonDefault(
           if(lower(unquoted(said_response_id)) IN ('null', 'none', 'undefined', 'nan', 'n/a', '-', '0'), '',
              unquoted(said_response_id)), raw_id)) AS response_id,
    if(said_batch IN ('true', 'True'), 'batch',
       replaceOne(lower(firstNonDefault(unquoted(said_service_tier), vercel_tier, document_tier)), 'on_demand_', '')) AS service_tier,
    server AS server_address,
    said_cloud_provider AS cloud_provider,
    said_cloud_region AS cloud_region,
    has_usage * toUInt64(greatest(0, told_input + cached_beside + tools_beside + hidden_tools
                                     + (dialect_name != 'spanledger') * toInt64(few_counts[11]))) AS input_tokens,
    has_usage * cache_read_count AS cache_read_tokens,
    has_usage * cache_write_count AS cache_write_tokens,
    has_usage * counts[5] AS cache_write_1h_tokens,
    has_usage * toUInt64(greatest(0, told_output + reasoned_beside + hidden_reasoning)) AS output_tokens,
    least(output_tokens, has_usage * toUInt64(reasoning_count + hidden_reasoning)) AS reasoning_tokens,
    if(has_usage OR vendor_unit != '' OR operation_name = 'vendor_usage', 'reported', 'missing') AS usage_source,
    multiIf(
        disbelief != '', disbelief,
        arrayExists(fine -> fine = 0, is_count), 'a part is not a count',
        said_outcome = 'abandoned', 'stream abandoned',
        said_note != '', said_note,
        has_usage, arrayStringConcat(arrayFilter(note -> note != '', [note_of_total, note_of_parts]), '; '),
        '') AS usage_note,
    if(disbelief IN ('counted by the instrumentation', 'input not told', 'output not told'), counts[1], 0)
        AS claimed_input_tokens,
    if(disbelief IN ('counted by the instrumentation', 'input not told', 'output not told'), counts[2], 0)
        AS claimed_output_tokens,
    counts[8] AS input_audio_tokens,
    counts[9] AS output_audio_tokens,
    counts[10] AS web_searches,
    few_counts[4] AS input_image_tokens,
    few_counts[5] AS output_image_tokens,
    few_counts[9] AS cache_read_image_tokens,
    few_counts[10] AS cache_read_audio_tokens,
    few_counts[6] AS input_video_tokens,
    few_counts[11] AS citation_tokens,
    arrayStringConcat(arrayConcat(JSONExtract(said_other_units, 'Array(String)'),
                                  if(endsWith(request_model_name, ':online'), ['1 web plugin'], [])), ', ') AS other_units,
    if(says_few, toFloat64OrNull(said_reported_cost), NULL) AS reported_cost,
    -- OpenAI's hosts of regions are those of projects whose data stays there.
    -- Vertex's hosts of regions are not the global one, which costs less for Claude.
    multiIf(geo_told != '', geo_told,
            provider_name = 'openai' AND endsWith(server, '.api.openai.com'), splitByChar('.', server)[1],
            provider_name = 'gcp.vertex_ai' AND endsWith(server, '-aiplatform.googleapis.com')
                AND position(request_model_name, 'claude') > 0, 'regional',
            '') AS inference_geo,
    if(said_units = '' OR has_usage, said_vendor_unit, {{units}}[unit_place - {{first_unit}} + 1]) AS vendor_unit,
    ifNull(toDecimal64OrNull(if(said_units = '' OR has_usage, said_vendor_quantity, said_units), 6), 0) AS vendor_quantity,
    if(speed_told IN ('normal', 'standard'), '', speed_told) AS speed,
    said_account AS provider_account,
    host_named(ResourceAttributes['host.name'], ResourceAttributes['host.id']) AS host_name,
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
FROM decided;

-- The keys of each span of llm_spans: what it may share with other reports of the same call. Logfire reports the result of
-- a stream in a trace of its own, which shares nothing but service, model and time; coding agents report a call by spans and
-- logs that share nothing but tokens and time; Gemini CLI's span may tell no tokens, and shares its session's minute.
--
-- Columns:
--   key: a hash
--   span: a hash of trace and span id
--   ingested_at: when the span was stored, UTC
--   trace_id, span_id: the span, lower-case hex
-- Needs: llm_spans

CREATE OR REPLACE VIEW llm_span_key AS
WITH
    -- Times and durations as far as the sum of both can be computed.
    least(greatest(ts, toDateTime64('1970-01-01 00:00:00', 9, 'UTC')), toDateTime64('2100-01-01 00:00:00', 9, 'UTC')) AS begins,
    toInt64(greatest(0, least(ifNotFinite(duration_ms, 0), 1e10)) * 1e6) AS lasted_ns
SELECT
    arrayJoin(arrayConcat(
        [cityHash64('trace', trace_id)],
        -- Ids that are known to repeat, as Ollama's, are shared by many and prove nothing.
        if(response_id = '' OR match(response_id, '^(\\d{1,9}|chatcmpl-\\d{1,3})$'), [],
           [cityHash64('response', response_id)]),
        if(startsWith(dialect, 'logfire') AND (dialect = 'logfire-stream' OR usage_source = 'missing'),
           [cityHash64('logfire', service_name, request_model, toStartOfMinute(
               if(dialect = 'logfire-stream', begins, begins + toIntervalNanosecond(lasted_ns))))],
           []),
        -- Reports of one call end within seconds of each other: they share this minute or the next.
        if(agent != '' AND usage_source != 'missing',
           arrayMap(minute -> cityHash64('agent', agent, input_tokens, output_tokens - least(output_tokens, reasoning_tokens), minute),
                    [toUInt32(toUnixTimestamp64Second(begins + toIntervalNanosecond(lasted_ns)) / 60),
                     toUInt32(toUnixTimestamp64Second(begins + toIntervalNanosecond(lasted_ns)) / 60 + 1)]),
           []),
        if(agent = 'gemini-cli' AND session_id != '',
           arrayMap(minute -> cityHash64('session', session_id, minute),
                    [toUInt32(toUnixTimestamp64Second(begins + toIntervalNanosecond(lasted_ns)) / 60),
                     toUInt32(toUnixTimestamp64Second(begins + toIntervalNanosecond(lasted_ns)) / 60 + 1)]),
           []))) AS key,
    cityHash64(trace_id, span_id) AS span,
    ingested_at,
    trace_id,
    span_id
FROM llm_spans
WHERE granularity = 'call';

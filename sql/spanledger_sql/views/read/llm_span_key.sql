-- The keys of each span of llm_spans: what it may share with other reports of the same call. Logfire reports the result of
-- a stream in a trace of its own, which shares nothing but service, model and time; coding agents report a call by spans and
-- logs that share nothing but tokens and time.
--
-- Columns:
--   key: a hash
--   span: a hash of trace and span id
--   ingested_at: when the span was stored, UTC
--   trace_id, span_id: the span, lower-case hex
-- Needs: llm_spans

CREATE OR REPLACE VIEW llm_span_key AS
SELECT
    arrayJoin(arrayConcat(
        [cityHash64('trace', trace_id)],
        if(response_id = '', [], [cityHash64('response', response_id)]),
        if(startsWith(dialect, 'logfire') AND (dialect = 'logfire-stream' OR usage_source = 'missing'),
           [cityHash64('logfire', service_name, request_model, toStartOfMinute(
               if(dialect = 'logfire-stream', ts, ts + toIntervalNanosecond(toInt64(least(duration_ms, 1e10) * 1e6)))))],
           []),
        -- Reports of one call end within seconds of each other: they share this minute or the next.
        if(agent != '' AND usage_source != 'missing',
           arrayMap(minute -> cityHash64('agent', agent, input_tokens, output_tokens - least(output_tokens, reasoning_tokens), minute),
                    [toUInt32(toUnixTimestamp64Second(ts + toIntervalNanosecond(toInt64(least(duration_ms, 1e10) * 1e6))) / 60),
                     toUInt32(toUnixTimestamp64Second(ts + toIntervalNanosecond(toInt64(least(duration_ms, 1e10) * 1e6))) / 60 + 1)]),
           []))) AS key,
    cityHash64(trace_id, span_id) AS span,
    ingested_at,
    trace_id,
    span_id
FROM llm_spans
WHERE granularity = 'call';

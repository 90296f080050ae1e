-- Puts down the spans that share a key with a span of the batch, and those that share one with a span put down before:
-- run until it adds none.
-- A parent that comes late, of a trace with several calls, calls for another look at them as well.
-- Parameters: inserts Identifier: the table of the batch's inserts, stage 0 of the ledger; keys, candidates Identifier: the
--     worker's scratch tables.
INSERT INTO {candidates:Identifier}
WITH
    touched AS
    (
        SELECT key
        FROM call_key
        WHERE key IN (
            SELECT key FROM {keys:Identifier}
            UNION ALL
            SELECT cityHash64('trace', trace_id)
            FROM span_parent
            WHERE ingested_at IN (SELECT ingested_at FROM {inserts:Identifier} WHERE parents > 0)
            UNION ALL
            SELECT key
            FROM llm_span_key
            WHERE ingested_at IN (SELECT ingested_at FROM {candidates:Identifier})
                AND span IN (SELECT span FROM {candidates:Identifier})
        )
        GROUP BY key
        HAVING min(span) != max(span)
    ),
    related AS
    (
        SELECT span, ingested_at
        FROM call_key
        WHERE key IN (SELECT key FROM touched) AND span NOT IN (SELECT span FROM {candidates:Identifier})
    ),
    (name -> replaceRegexpOne(replaceRegexpOne(lower(name), '^.*/', ''),
                              '[-@:](20\\d\\d-?\\d\\d-?\\d\\d|\\d{4,8}|latest)$', '')) AS plain
SELECT
    cityHash64(trace_id, span_id) AS span,
    trace_id,
    span_id,
    parent_span_id,
    ingested_at,
    service_name,
    -- As far as what is reckoned with them can be computed.
    least(greatest(ts, toDateTime64('1970-01-01 00:00:00', 9, 'UTC')), toDateTime64('2100-01-01 00:00:00', 9, 'UTC')) AS begins,
    begins + toIntervalNanosecond(toInt64(greatest(0, least(ifNotFinite(duration_ms, 0), 1e10)) * 1e6)) AS ends,
    concat(scope_name, multiIf(dialect = 'logfire-stream', ' stream', signal = 'log', concat(' log ', dialect), '')) AS reporter,
    if(operation IN ('chat', 'text_completion', 'generate_content', 'responses', 'multimodal'), 'chat', operation)
        AS kind,
    plain(if(request_model != '', request_model, response_model)) AS model,
    plain(response_model) AS answered,
    if(match(response_id, '^(\\d{1,9}|(chat)?cmpl-\\d{1,4})$') OR response_id IN (request_model, response_model), '', response_id)
        AS response_id,
    status = 'error' AS failed,
    usage_source != 'missing' AS has_usage,
    input_tokens,
    output_tokens,
    (cache_read_tokens > 0) + (cache_write_tokens > 0) + (cache_write_1h_tokens > 0) + (reasoning_tokens > 0)
        + (input_audio_tokens > 0) + (output_audio_tokens > 0) + (web_searches > 0)
        + (reported_cost IS NOT NULL) AS details,
    if(tenant_id = '(unattributed)', '', tenant_id) AS tenant_id,
    if(tenant_id = '(unattributed)', '', tenant_source) AS tenant_source,
    user_id,
    session_id,
    feature,
    agent,
    toUInt64(greatest(0, toInt64(output_tokens) - toInt64(reasoning_tokens))) AS answer_tokens,
    signal = 'log' AS is_log
FROM llm_spans
WHERE operation != 'vendor_usage'
    AND granularity = 'call'
    AND ingested_at IN (SELECT ingested_at FROM related)
    AND cityHash64(trace_id, span_id) IN (SELECT span FROM related)
    AND cityHash64(trace_id, span_id) NOT IN (SELECT span FROM set_aside FINAL WHERE waiting = 1)
ORDER BY has_usage DESC, output_tokens DESC, details DESC, ingested_at
LIMIT 1 BY trace_id, span_id

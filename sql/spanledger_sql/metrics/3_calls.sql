-- Puts down in which interval of the metrics put down each call of spans and logs is.
--
-- A call that a span or log tells of belongs to the first interval that ends after it, of its service, session, model and tenant; where
-- metrics name no session, of its user.
--
-- Gemini CLI's span leaves cached tokens and thoughts out, or tells none, Codex's its model: where metrics tell of the call, they
-- count and the span does not.
--
-- Parameters: day DateTime('UTC'): calls of more than two days before it are not looked at.
INSERT INTO metric_call
WITH
    {{plain_model}},
    call_told AS
    (
        SELECT
            trace_id,
            span_id,
            service_name,
            session_id,
            user_id,
            tenant_id,
            plain_model(if(response_model != '', response_model, request_model)) AS model,
            ts + toIntervalNanosecond(toInt64(least(duration_ms, 1e10) * 1e6)) AS ended,
            arrayMap(number -> toInt64(number),
                     [input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, 1]) AS counts,
            ifNull(reported_cost, 0.) AS cost,
            signal = 'span' AND (agent = 'gemini-cli' OR agent = 'codex' AND model = '') AS lacks
        FROM llm_spans
        WHERE granularity = 'call'
            AND (usage_source = 'reported' OR agent = 'gemini-cli' AND signal = 'span' AND status = 'ok')
            AND service_name IN (SELECT service_name FROM metric_series)
            AND ts > toDateTime64({day:DateTime('UTC')}, 9, 'UTC') - INTERVAL 2 DAY
            -- Those that do not count beside their metric tell of its calls still.
            AND cityHash64(trace_id, span_id) NOT IN (
                SELECT span
                FROM call_verdict
                GROUP BY span
                HAVING argMax(counted, version) = 0 AND argMax(counted_reason, version) != 'its metric tells more of it'
            )
        ORDER BY ingested_at
        LIMIT 1 BY trace_id, span_id
    ),
    named AS
    (
        SELECT bucket_of, any(agent) AS agent, any(service_name) AS service_name, any(tenant_id) AS tenant_id,
            any(session_id) AS session_id, any(whose) AS whose, any(model) AS model
        FROM metric_series
        GROUP BY bucket_of
    ),
    sessions AS
    (
        SELECT service_name, tenant_id, session_id, whose, any(n.agent) AS agent,
            groupArray((n.model, i.input, n.bucket_of)) AS models
        FROM named AS n
        INNER JOIN (SELECT bucket_of, sum(counts[1]) AS input FROM metric_interval GROUP BY bucket_of) AS i
            ON i.bucket_of = n.bucket_of
        GROUP BY service_name, tenant_id, session_id, whose
    ),
    -- A session that metrics do not name is any of its user; one that names neither is any, and a call without a user is of any user.
    of_anybody AS
    (
        SELECT service_name, tenant_id, groupUniqArray(whose) AS users FROM sessions WHERE session_id = '' GROUP BY service_name, tenant_id
    ),
    call_of AS
    (
        SELECT call.*, arrayJoin(arrayDistinct(arrayConcat(
            [(call.session_id, '')],
            arrayMap(user -> ('', user), if(call.user_id = '', of_anybody.users, ['', call.user_id]))))) AS of
        FROM call_told AS call
        LEFT JOIN of_anybody ON of_anybody.service_name = call.service_name AND of_anybody.tenant_id = call.tenant_id
    ),
    call_beside AS
    (
        SELECT
            call.* EXCEPT (of, model, session_id, user_id),
            call.model AS call_model,
            sessions.session_id AS session_id,
            sessions.models AS models,
            sessions.agent IN ('claude-code', 'gemini-cli') AND (sessions.session_id, sessions.whose) != ('', '') AS asks_by_other_names,
            groupUniqArray(call.model) OVER of_session AS models_of_calls,
            sum(call.counts[1]) OVER of_model AS input_of_model
        FROM call_of AS call
        INNER JOIN sessions
            ON sessions.service_name = call.service_name AND sessions.tenant_id = call.tenant_id
            AND sessions.session_id = call.of.1 AND sessions.whose = call.of.2
        WINDOW
            of_session AS (PARTITION BY call.service_name, call.tenant_id, sessions.session_id, sessions.whose),
            of_model AS (PARTITION BY call.service_name, call.tenant_id, sessions.session_id, sessions.whose, call.model)
    ),
    -- A model that a span does not name is any. What a gateway answers with and was not asked for is, of the session's models
    -- that no call names, the one of which its metrics tell as much.
    call_placed AS
    (
        SELECT
            * EXCEPT (call_model, models, asks_by_other_names, models_of_calls, input_of_model),
            arrayJoin(multiIf(
                call_model = '', models,
                has(models.1, call_model), arrayFilter(one -> one.1 = call_model, models),
                asks_by_other_names, arraySlice(
                    arraySort(one -> (abs(one.2 - input_of_model), one.1), arrayFilter(one -> NOT has(models_of_calls, one.1), models)),
                    1, 1),
                [])) AS placed,
            placed.1 AS model,
            placed.3 AS bucket_of
        FROM call_beside
    ),
    in_any_interval AS
    (
        SELECT
            call.trace_id AS trace_id,
            call.span_id AS span_id,
            call.session_id AS session_id,
            call.model AS model,
            i.bucket_of AS bucket_of,
            i.ended_at AS ended_at,
            i.begins AS begins,
            call.counts AS counts,
            call.cost AS cost,
            call.lacks AS lacks,
            i.counts AS interval_counts
        FROM call_placed AS call
        ASOF INNER JOIN metric_interval AS i ON i.bucket_of = call.bucket_of AND call.ended <= i.ended_at
        -- Codex counts a turn when it ends, which may have taken hours.
        WHERE call.ended >= i.told_since
            - if(call.bucket_of IN (SELECT bucket_of FROM metric_series WHERE agent = 'codex'), INTERVAL 6 HOUR, INTERVAL 60 SECOND)
        ORDER BY session_id = '', interval_counts[1] < counts[1], ended_at, model
        LIMIT 1 BY call.trace_id, call.span_id
    )
SELECT
    trace_id,
    span_id,
    bucket_of,
    ended_at,
    begins,
    counts,
    cost,
    lacks AND sum(counts[1]) OVER whole <= interval_counts[1] AND sum(counts[4]) OVER whole <= interval_counts[4] AS metric_tells_more
FROM in_any_interval
WINDOW whole AS (PARTITION BY bucket_of, ended_at)

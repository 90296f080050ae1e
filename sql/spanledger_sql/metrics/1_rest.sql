-- Puts down the intervals of metrics of the sessions that something new was told of, and what of each no span or log tells;
-- and the spans of which their metrics tell more.
--
-- A point of a cumulative counter counts what it grew by since the point before; from nothing, where it starts anew, by the
-- time of its start or because it went back. The first point of a counter that does not say since when it counts, by no start or
-- one that is its own time, is where counting begins. Points that come twice or late change nothing but their own intervals. A call that a span or log tells
-- of belongs to the first interval that ends after it, of its service, session, model and tenant; what calls tell beyond
-- their interval is taken off the day's next ones, what they tell beyond a day's last one off the next day's: processes of one service without sessions export in turn, and a call may
-- end before an export that its tokens miss. Days are those on which intervals begin, or the last of an interval of several.
--
-- Gemini CLI's span leaves cached tokens and thoughts out, or tells none, Codex's its model: where metrics tell of the call, they count and the
-- span does not.
--
-- Parameters: everything UInt8: 1 takes all sessions, 0 those of which `usage_news` has something; day
--     DateTime('UTC'): intervals that begin before it stay as they are.
INSERT INTO metric_rest
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
    point AS
    (
        SELECT *
        FROM usage_point
        WHERE (service_name, session_id) IN (SELECT service_name, session_id FROM touched)
            AND ingested_at > now64(6, 'UTC') - INTERVAL 28 DAY
            AND (
                ended_at >= toDateTime64({day:DateTime('UTC')}, 9, 'UTC') - INTERVAL 1 DAY
                -- What a counter told last, however long ago.
                OR (cumulative = 1 AND (series, started_at, ended_at) IN (
                    SELECT series, started_at, max(ended_at)
                    FROM usage_point
                    WHERE cumulative = 1 AND ended_at < toDateTime64({day:DateTime('UTC')}, 9, 'UTC') - INTERVAL 1 DAY
                    GROUP BY series, started_at
                ))
            )
        ORDER BY value DESC, ingested_at
        LIMIT 1 BY series, started_at, ended_at
    ),
    beside_the_last AS
    (
        SELECT
            *,
            row_number() OVER in_time AS place,
            lagInFrame(value) OVER in_time AS last_value,
            lagInFrame(measurements) OVER in_time AS last_measurements,
            lagInFrame(ended_at) OVER in_time AS last_ended_at
        FROM point
        WINDOW in_time AS (PARTITION BY series, started_at ORDER BY ended_at
                           ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    ),
    grown AS
    (
        SELECT
            *,
            cumulative = 1 AND place > 1 AS goes_on,
            goes_on AND value < last_value AS went_back,
            toUnixTimestamp64Second(started_at) > 0 AND started_at < ended_at AS says_since,
            multiIf(
                cumulative = 0, value,
                goes_on AND NOT went_back, value - last_value,
                went_back OR says_since, value,
                0.) AS growth,
            multiIf(
                cumulative = 0, toInt64(measurements),
                goes_on AND NOT went_back, greatest(toInt64(0), toInt64(measurements) - toInt64(last_measurements)),
                went_back OR says_since, toInt64(measurements),
                toInt64(0)) AS growth_in_calls,
            multiIf(goes_on, last_ended_at, toUnixTimestamp64Second(started_at) > 0, started_at, ended_at) AS since_when
        FROM beside_the_last
    ),
    interval_told AS
    (
        SELECT
            service_name,
            session_id,
            plain_model(g.model) AS model,
            max(g.model) AS model_said,
            tenant_id,
            ended_at,
            min(since_when) AS told_since,
            -- What was told late of a long time is booked on its last day.
            greatest(least(told_since, ended_at), ended_at - INTERVAL 1 DAY) AS begins,
            any(g.agent) AS agent,
            any(g.provider) AS provider,
            max(g.tenant_source) AS tenant_source,
            if(uniqExact(g.user_id) = 1, any(g.user_id), '') AS user_id,
            any(g.cost_center) AS cost_center,
            any(g.environment) AS environment,
            any(g.attribution_raw) AS attribution_raw,
            toInt64(round(sumIf(growth, class IN ('input', 'uncached', 'tool_input')
                                OR g.agent = 'claude-code' AND class IN ('cache_read', 'cache_write')))) AS input,
            toInt64(round(sumIf(growth, class = 'cache_read'))) AS cache_read,
            toInt64(round(sumIf(growth, class = 'cache_write'))) AS cache_write,
            toInt64(round(sumIf(growth, class IN ('output', 'answer') OR g.agent = 'gemini-cli' AND class = 'reasoning'))) AS output,
            toInt64(round(sumIf(growth, class = 'reasoning'))) AS reasoning,
            sumIf(growth, class = 'cost') AS cost,
            countIf(class = 'cost') AS costs,
            toInt64(sumIf(growth, class = 'calls') + sum(growth_in_calls)) AS calls,
            countIf(class = 'calls' OR measurements > 0) AS says_calls,
            max(went_back) AS any_went_back
        FROM grown AS g
        GROUP BY service_name, session_id, model, tenant_id, ended_at
    ),
    call_told AS
    (
        SELECT
            trace_id,
            span_id,
            service_name,
            session_id,
            tenant_id,
            plain_model(if(response_model != '', response_model, request_model)) AS model,
            ts + toIntervalNanosecond(toInt64(least(duration_ms, 1e10) * 1e6)) AS ended,
            input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, reported_cost,
            signal = 'span' AND (agent = 'gemini-cli' OR agent = 'codex' AND model = '') AS lacks
        FROM llm_spans
        WHERE granularity = 'call'
            AND (usage_source = 'reported' OR agent = 'gemini-cli' AND signal = 'span' AND status = 'ok')
            AND service_name IN (SELECT service_name FROM touched)
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
    sessions AS
    (
        SELECT service_name, tenant_id, session_id, any(agent) AS agent, groupArray((model, input)) AS models
        FROM
        (
            SELECT service_name, tenant_id, session_id, model, any(i.agent) AS agent, sum(i.input) AS input
            FROM interval_told AS i
            GROUP BY service_name, tenant_id, session_id, model
        )
        GROUP BY service_name, tenant_id, session_id
    ),
    -- A session that metrics do not name is any.
    call_beside AS
    (
        SELECT
            call.* EXCEPT (session_id, session, model),
            call.model AS call_model,
            sessions.session_id AS session_id,
            sessions.models AS models,
            sessions.agent IN ('claude-code', 'gemini-cli') AND sessions.session_id != '' AS asks_by_other_names,
            groupUniqArray(call.model) OVER of_session AS models_of_calls,
            sum(toInt64(call.input_tokens)) OVER of_model AS input_of_model
        FROM
        (
            SELECT *, arrayJoin(arrayDistinct([session_id, ''])) AS session
            FROM call_told
        ) AS call
        INNER JOIN sessions
            ON sessions.service_name = call.service_name AND sessions.tenant_id = call.tenant_id
            AND sessions.session_id = call.session
        WINDOW
            of_session AS (PARTITION BY call.service_name, call.tenant_id, sessions.session_id),
            of_model AS (PARTITION BY call.service_name, call.tenant_id, sessions.session_id, call.model)
    ),
    -- A model that a span does not name is any. What a gateway answers with and was not asked for is, of the session's models
    -- that no call names, the one of which its metrics tell as much.
    call_placed AS
    (
        SELECT
            * EXCEPT (call_model, models, asks_by_other_names, models_of_calls, input_of_model),
            arrayJoin(multiIf(
                call_model = '', models.1,
                has(models.1, call_model), [call_model],
                asks_by_other_names, arrayMap(one -> one.1, arraySlice(
                    arraySort(one -> (abs(one.2 - input_of_model), one.1), arrayFilter(one -> NOT has(models_of_calls, one.1), models)),
                    1, 1)),
                [])) AS model
        FROM call_beside
    ),
    in_any_interval AS
    (
        SELECT
            call.trace_id AS trace_id,
            call.span_id AS span_id,
            interval_told.service_name AS service_name,
            interval_told.session_id AS session_id,
            interval_told.model AS model,
            interval_told.tenant_id AS tenant_id,
            interval_told.ended_at AS ended_at,
            interval_told.begins AS begins,
            call.input_tokens AS input,
            call.cache_read_tokens AS cache_read,
            call.cache_write_tokens AS cache_write,
            call.output_tokens AS output,
            call.reasoning_tokens AS reasoning,
            ifNull(call.reported_cost, 0.) AS cost,
            call.lacks AS lacks,
            interval_told.input AS interval_input,
            interval_told.output AS interval_output
        FROM call_placed AS call
        ASOF INNER JOIN interval_told
            ON interval_told.service_name = call.service_name AND interval_told.session_id = call.session_id
            AND interval_told.model = call.model AND interval_told.tenant_id = call.tenant_id
            AND call.ended <= interval_told.ended_at
        -- Codex counts a turn when it ends, which may have taken hours.
        WHERE call.ended >= interval_told.told_since - if(interval_told.agent = 'codex', INTERVAL 6 HOUR, INTERVAL 60 SECOND)
        ORDER BY session_id = '', interval_input < input, ended_at, model
        LIMIT 1 BY call.trace_id, call.span_id
    ),
    in_interval AS
    (
        SELECT
            *,
            lacks AND sum(toInt64(input)) OVER whole <= interval_input AND sum(toInt64(output)) OVER whole <= interval_output
                AS metric_tells_more
        FROM in_any_interval
        WINDOW whole AS (PARTITION BY service_name, session_id, model, tenant_id, ended_at)
    ),
    told AS
    (
        SELECT
            service_name, session_id, model, tenant_id, ended_at,
            arrayMap(number -> toInt64(number), [
                sumIf(i.input, by_call), sumIf(i.cache_read, by_call), sumIf(i.cache_write, by_call), sumIf(i.output, by_call),
                sumIf(i.reasoning, by_call), countIf(by_call)]) AS counts,
            sumIf(i.cost, by_call) AS cost,
            -- Spans that do not count beside their metric tell how many calls it stands for.
            toInt64(sumIf(i.input, NOT by_call)) AS spans_input,
            countIf(NOT by_call) AS spans_calls
        FROM (SELECT *, NOT metric_tells_more AS by_call FROM in_interval) AS i
        GROUP BY service_name, session_id, model, tenant_id, ended_at
    ),
    -- By how much spans and logs told more than the metrics of an interval, of each count.
    beside_calls AS
    (
        SELECT
            metric.*,
            toDate(metric.begins) AS day,
            [metric.input, metric.cache_read, metric.cache_write, metric.output, metric.reasoning, metric.calls] AS counts,
            if(empty(told.counts), arrayMap(count -> -count, counts), arrayMap((by_calls, count) -> by_calls - count, told.counts, counts))
                AS own_more,
            ifNull(told.cost, 0.) - metric.cost AS cost_more,
            told.spans_input AS spans_input,
            told.spans_calls AS spans_calls
        FROM interval_told AS metric
        LEFT JOIN (SELECT * FROM told) AS told
            ON told.service_name = metric.service_name AND told.session_id = metric.session_id AND told.model = metric.model
            AND told.tenant_id = metric.tenant_id AND told.ended_at = metric.ended_at
    ),
    -- What a day's last interval tells too much of, and the day as a whole: its calls' metric came after midnight.
    over_midnight AS
    (
        SELECT
            *,
            lagInFrame(day) OVER in_time AS day_before,
            lagInFrame(beyond) OVER in_time AS beyond_before,
            if(day_before < day AND notEmpty(beyond_before),
               arrayMap((here, before) -> here + before, own_more, beyond_before), own_more) AS more
        FROM
        (
            SELECT
                *,
                arrayMap((here, whole) -> greatest(toInt64(0), least(here, whole)), own_more, sumForEach(own_more) OVER of_day) AS beyond
            FROM beside_calls
            WINDOW of_day AS (PARTITION BY service_name, session_id, model, tenant_id, day)
        )
        WINDOW in_time AS (PARTITION BY service_name, session_id, model, tenant_id ORDER BY ended_at
                           ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    ),
    -- So far, and when it was least.
    ahead AS
    (
        SELECT
            *,
            sumForEach(more) OVER so_far AS more_so_far,
            sum(cost_more) OVER so_far AS cost_more_so_far,
            -- A call and the export of its metric may cross: then all that a day's metrics tell is told, if not in its place.
            sum(more[1]) OVER whole >= 0 AND sum(more[4]) OVER whole >= 0 AS all_told
        FROM over_midnight
        WINDOW
            so_far AS (PARTITION BY service_name, session_id, model, tenant_id, day
                       ORDER BY ended_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
            whole AS (PARTITION BY service_name, session_id, model, tenant_id, day)
    ),
    least_ahead AS
    (
        SELECT
            *,
            minForEach(more_so_far) OVER so_far AS lowest,
            minForEach(more_so_far) OVER before AS lowest_before,
            min(cost_more_so_far) OVER so_far AS cost_lowest,
            min(cost_more_so_far) OVER before AS cost_lowest_before
        FROM ahead
        WINDOW
            so_far AS (PARTITION BY service_name, session_id, model, tenant_id, day
                       ORDER BY ended_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
            before AS (PARTITION BY service_name, session_id, model, tenant_id, day
                       ORDER BY ended_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ),
    compared AS
    (
        SELECT
            *,
            arrayMap((now, before) -> toUInt64(least(before, 0) - least(now, 0)), lowest, arrayResize(lowest_before, 6, 0)) AS left,
            left[1] AS input_left,
            left[2] AS cache_read_left,
            left[3] AS cache_write_left,
            left[4] AS output_left,
            left[5] AS reasoning_left,
            left[6] AS calls_left,
            multiIf(says_calls > 0 AND calls_left > 0, toUInt64(calls_left),
                    spans_input = input_left AND spans_calls > 0, toUInt64(spans_calls), NULL) AS calls_said,
            least(ifNull(cost_lowest_before, 0.), 0.) - least(cost_lowest, 0.) AS cost_left
        FROM least_ahead
    )
SELECT
    lower(hex(sipHash128('metric', service_name, session_id, model, tenant_id))) AS trace_id,
    lower(hex(sipHash64(toString(ended_at), toString(begins), input_left, cache_read_left, cache_write_left, output_left,
                        reasoning_left, toString(ifNull(calls_said, toUInt64(0))), toString(cost_left), service_name, session_id, model, tenant_id))) AS span_id,
    begins,
    agent,
    service_name,
    session_id,
    model_said,
    provider,
    tenant_id,
    tenant_source,
    user_id,
    cost_center,
    environment,
    -- Which part of the agent it was differs within the interval.
    mapFilter((name, text) -> name NOT IN ('query_source', 'agent.name', 'skill.name', 'plugin.name', 'mcp_tool.name',
                                           'mcp_server.name'), attribution_raw) AS attribution_raw,
    input_left AS input_tokens,
    least(cache_read_left, input_left) AS cache_read_tokens,
    least(cache_write_left, input_left - cache_read_tokens) AS cache_write_tokens,
    output_left AS output_tokens,
    least(reasoning_left, output_left) AS reasoning_tokens,
    calls_said AS calls,
    if(costs > 0, cost_left, NULL) AS reported_cost,
    if(any_went_back, 'a counter went back: counted from nothing', '') AS note,
    '' AS told_by_metric
FROM compared
WHERE NOT all_told AND input_left + output_left > 0 AND begins >= {day:DateTime('UTC')}
UNION ALL
SELECT
    trace_id, span_id, ended_at, '', service_name, session_id, model, '', tenant_id, '', '', '', '', CAST(map(), 'Map(String, String)'),
    0, 0, 0, 0, 0, NULL, NULL, '', 'span'
FROM in_interval
WHERE metric_tells_more AND begins >= {day:DateTime('UTC')}

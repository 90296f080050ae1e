-- Puts down what of each interval put down no span or log tells, and the spans of which their metrics tell more.
--
-- What calls tell beyond their interval is taken off the day's next ones, what they tell beyond a day's last one off the next day's: processes
-- of one service without sessions export in turn, and a call may end before an export that its tokens miss. Days are those on which
-- intervals begin, or the last of an interval of several. Where calls tell of none, all is left.
--
-- Parameters: day DateTime('UTC'): intervals that begin before it stay as they are.
INSERT INTO metric_rest
WITH
    told AS
    (
        SELECT
            bucket_of,
            ended_at,
            sumForEachIf(c.counts, NOT metric_tells_more) AS counts,
            sumIf(c.cost, NOT metric_tells_more) AS cost,
            -- Spans that do not count beside their metric tell how many calls it stands for.
            sumIf(c.counts[1], metric_tells_more) AS spans_input,
            countIf(metric_tells_more) AS spans_calls
        FROM metric_call AS c
        GROUP BY bucket_of, ended_at
    ),
    -- By how much spans and logs told more than the metrics of an interval, of each count.
    beside_calls AS
    (
        SELECT
            metric.bucket_of AS bucket_of,
            metric.ended_at AS ended_at,
            metric.begins AS begins,
            toDate(metric.begins) AS day,
            arrayMap((by_calls, count) -> by_calls - count, arrayResize(told.counts, 6, toInt64(0)), metric.counts) AS own_more,
            ifNull(told.cost, 0.) - metric.cost AS cost_more,
            ifNull(told.spans_input, 0) AS spans_input,
            ifNull(told.spans_calls, 0) AS spans_calls
        FROM metric_interval AS metric
        LEFT JOIN told ON told.bucket_of = metric.bucket_of AND told.ended_at = metric.ended_at
        WHERE metric.bucket_of IN (SELECT bucket_of FROM metric_call)
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
            WINDOW of_day AS (PARTITION BY bucket_of, day)
        )
        WINDOW in_time AS (PARTITION BY bucket_of ORDER BY ended_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
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
            so_far AS (PARTITION BY bucket_of, day ORDER BY ended_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
            whole AS (PARTITION BY bucket_of, day)
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
            so_far AS (PARTITION BY bucket_of, day ORDER BY ended_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
            before AS (PARTITION BY bucket_of, day ORDER BY ended_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ),
    left_over AS
    (
        SELECT
            bucket_of,
            ended_at,
            arrayMap((now, before) -> toUInt64(least(before, 0) - least(now, 0)), lowest, arrayResize(lowest_before, 6, 0)) AS counts,
            round(least(ifNull(cost_lowest_before, 0.), 0.) - least(cost_lowest, 0.), 9) AS cost,
            toUInt64(spans_input) AS spans_input,
            toUInt64(spans_calls) AS spans_calls
        FROM least_ahead
        WHERE NOT all_told
        UNION ALL
        SELECT bucket_of, ended_at, arrayMap(count -> toUInt64(count), counts), cost, 0, 0
        FROM metric_interval
        WHERE bucket_of NOT IN (SELECT bucket_of FROM metric_call)
    )
SELECT
    lower(hex(if(s.whose = '', sipHash128('metric', s.service_name, s.session_id, s.model, s.tenant_id),
                 sipHash128('metric', s.service_name, s.session_id, s.model, s.tenant_id, s.whose)))) AS trace_id,
    lower(hex(sipHash64(toString(i.ended_at), toString(i.begins), input_tokens, l.counts[2], l.counts[3], output_tokens, l.counts[5],
                        toString(ifNull(calls, toUInt64(0))), toString(l.cost), s.service_name, s.session_id, s.model, s.tenant_id))) AS span_id,
    i.begins AS begins,
    s.agent AS agent,
    s.service_name AS service_name,
    s.session_id AS session_id,
    i.model_said AS model,
    s.provider AS provider,
    s.tenant_id AS tenant_id,
    i.tenant_source AS tenant_source,
    i.user_id AS user_id,
    s.cost_center AS cost_center,
    s.environment AS environment,
    s.attribution_raw AS attribution_raw,
    l.counts[1] AS input_tokens,
    least(l.counts[2], input_tokens) AS cache_read_tokens,
    least(l.counts[3], input_tokens - cache_read_tokens) AS cache_write_tokens,
    l.counts[4] AS output_tokens,
    least(l.counts[5], output_tokens) AS reasoning_tokens,
    multiIf(i.says_calls AND l.counts[6] > 0, toNullable(l.counts[6]),
            l.spans_input = input_tokens AND l.spans_calls > 0, toNullable(l.spans_calls), NULL) AS calls,
    if(i.says_cost, l.cost, NULL) AS reported_cost,
    if(i.went_back, 'a counter went back: counted from nothing', '') AS note,
    '' AS told_by_metric
FROM metric_interval AS i
INNER JOIN left_over AS l ON l.bucket_of = i.bucket_of AND l.ended_at = i.ended_at
INNER JOIN metric_series AS s ON s.series = i.one_series
WHERE input_tokens + output_tokens > 0 AND i.begins >= {day:DateTime('UTC')}
UNION ALL
SELECT
    trace_id, span_id, ended_at, '', '', '', '', '', '', '', '', '', '', CAST(map(), 'Map(String, String)'),
    0, 0, 0, 0, 0, NULL, NULL, '', 'span'
FROM metric_call
WHERE metric_tells_more AND begins >= {day:DateTime('UTC')}

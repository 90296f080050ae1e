-- Puts down what metrics tell of each interval of the series put down.
--
-- A point of a cumulative counter counts what it grew by since the point before; from nothing, where it starts anew, by the
-- time of its start or because it went back. The first point of a counter that does not say since when it counts, by no start or
-- one that is its own time, is where counting begins. Points that come twice or late change nothing but their own intervals.
--
-- Parameters: day DateTime('UTC'): points that ended more than a day before it are looked at only where a counter goes on from them.
INSERT INTO metric_interval
WITH
    going_on AS
    (
        SELECT series, started_at, ended_at, max(p.value) AS value, toInt64(argMax(p.measurements, p.value)) AS measurements
        FROM usage_point AS p
        WHERE cumulative = 1 AND series IN (SELECT series FROM metric_series)
            AND ingested_at > now64(6, 'UTC') - INTERVAL 28 DAY
            AND (
                ended_at >= toDateTime64({day:DateTime('UTC')}, 9, 'UTC') - INTERVAL 1 DAY
                -- What a counter told last, however long ago.
                OR (series, started_at, ended_at) IN (
                    SELECT series, started_at, max(ended_at)
                    FROM usage_point
                    WHERE cumulative = 1 AND ended_at < toDateTime64({day:DateTime('UTC')}, 9, 'UTC') - INTERVAL 1 DAY
                        AND series IN (SELECT series FROM metric_series)
                    GROUP BY series, started_at
                )
            )
        GROUP BY series, started_at, ended_at
    ),
    beside_the_last AS
    (
        SELECT
            *,
            row_number() OVER in_time > 1 AS goes_on,
            lagInFrame(value) OVER in_time AS last_value,
            lagInFrame(measurements) OVER in_time AS last_measurements,
            lagInFrame(ended_at) OVER in_time AS last_ended_at,
            toUnixTimestamp64Second(started_at) > 0 AND started_at < ended_at AS says_since
        FROM going_on
        WINDOW in_time AS (PARTITION BY series, started_at ORDER BY ended_at
                           ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    ),
    grown AS
    (
        SELECT
            series,
            ended_at,
            if(toUnixTimestamp64Second(started_at) > 0, started_at, ended_at) AS since_when,
            max(p.value) AS growth,
            toInt64(argMax(p.measurements, p.value)) AS growth_in_calls,
            false AS went_back
        FROM usage_point AS p
        WHERE cumulative = 0 AND series IN (SELECT series FROM metric_series)
            AND ingested_at > now64(6, 'UTC') - INTERVAL 28 DAY
            AND ended_at >= toDateTime64({day:DateTime('UTC')}, 9, 'UTC') - INTERVAL 1 DAY
        GROUP BY series, started_at, ended_at
        UNION ALL
        SELECT
            series,
            ended_at,
            multiIf(goes_on, last_ended_at, toUnixTimestamp64Second(started_at) > 0, started_at, ended_at),
            multiIf(goes_on AND value >= last_value, value - last_value, goes_on OR says_since, value, 0.),
            multiIf(goes_on AND value >= last_value, greatest(toInt64(0), measurements - last_measurements),
                    goes_on OR says_since, measurements, toInt64(0)),
            goes_on AND value < last_value
        FROM beside_the_last
    )
SELECT
    s.bucket_of AS bucket_of,
    g.ended_at AS ended_at,
    min(g.since_when) AS told_since,
    -- What was told late of a long time is booked on its last day.
    greatest(least(told_since, ended_at), ended_at - INTERVAL 1 DAY) AS begins,
    min(s.series) AS one_series,
    max(s.model_said) AS model_said,
    max(s.tenant_source) AS tenant_source,
    if(uniqExact(s.user_id) = 1, any(s.user_id), '') AS user_id,
    arrayMap(number -> toInt64(round(number)), [
        sumIf(g.growth, s.class IN ('input', 'uncached', 'tool_input')
                        OR s.agent = 'claude-code' AND s.class IN ('cache_read', 'cache_write')),
        sumIf(g.growth, s.class = 'cache_read'),
        sumIf(g.growth, s.class = 'cache_write'),
        sumIf(g.growth, s.class IN ('output', 'answer') OR s.agent = 'gemini-cli' AND s.class = 'reasoning'),
        sumIf(g.growth, s.class = 'reasoning'),
        sumIf(g.growth, s.class = 'calls') + sum(g.growth_in_calls)]) AS counts,
    -- In whatever order they are summed.
    round(sumIf(g.growth, s.class = 'cost'), 9) AS cost,
    countIf(s.class = 'cost') > 0 AS says_cost,
    countIf(s.class = 'calls' OR g.growth_in_calls > 0) > 0 AS says_calls,
    max(g.went_back) AS went_back
FROM grown AS g
INNER JOIN metric_series AS s ON s.series = g.series
GROUP BY bucket_of, ended_at

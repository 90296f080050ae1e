-- From which day on metrics are to be looked at again, since something new was told: what `usage_news` names.
--
-- Columns:
--   points, calls: how many there are that are new: of metrics, and of calls of what sends metrics
--   day: the start of the day on which the first of them ended, UTC; 1970-01-01 where there are none
WITH
    told AS
    (
        SELECT ended_at, 1 AS is_point
        FROM usage_point
        WHERE ingested_at IN (SELECT inserted_at FROM usage_news WHERE source = 'usage_point')
        UNION ALL
        SELECT ts + toIntervalNanosecond(toInt64(least(duration_ms, 1e10) * 1e6)), 0
        FROM llm_spans
        WHERE ingested_at IN (SELECT inserted_at FROM usage_news WHERE source = 'llm_spans') AND granularity = 'call'
            AND service_name IN (SELECT service_name FROM usage_point)
    )
SELECT
    countIf(is_point = 1) AS points,
    countIf(is_point = 0) AS calls,
    toStartOfDay(toDateTime(min(ended_at), 'UTC')) AS day
FROM told

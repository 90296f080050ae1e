-- What each service sent of late, how long it took to come in, and whether it has fallen silent: the last 7 days.
--
-- Parameters:
--   rows UInt32: how many services at most, those with the most calls
-- Columns:
--   service: `service.name` of the spans
--   reports: spans, logs and buckets that told of calls
--   of_last_hour: of them, received in the last hour
--   last_came: when the last one was received, UTC
--   usual_gap_seconds: between two minutes in which it sent, in the mean, s
--   late_seconds_p50, late_seconds_p95: from a call's end to when its report was stored, s
--   all_rows: how many services there are
WITH sent AS
(
    SELECT
        CAST(service_name, 'String') AS service,
        count() AS reports,
        countIf(ingested_at > now64(6, 'UTC') - INTERVAL 1 HOUR) AS of_last_hour,
        min(ingested_at) AS first_came,
        max(ingested_at) AS last_came,
        uniqExact(toStartOfMinute(ingested_at)) AS minutes,
        quantilesExactWeightedIf(0.5, 0.95)(
            toUInt64(greatest(0, dateDiff('second', ts, ingested_at) - round(duration_ms / 1000))), 1, granularity = 'call') AS late
    FROM llm_spans
    WHERE ingested_at > now64(6, 'UTC') - INTERVAL 7 DAY
    GROUP BY service
)
SELECT
    service,
    reports,
    of_last_hour,
    last_came,
    dateDiff('second', first_came, last_came) / nullIf(minutes - 1, 0) AS usual_gap_seconds,
    late[1] AS late_seconds_p50,
    late[2] AS late_seconds_p95,
    count() OVER () AS all_rows
FROM sent
ORDER BY reports DESC, service
LIMIT {rows:UInt32}

-- Senders whose clock is ahead: their calls, of the last day, began more than a minute after they had come in.
--
-- Columns:
--   service, host: who sent them
--   calls: that did
--   ahead_seconds: by how much at most, s
SELECT
    service_name AS service,
    host_name AS host,
    count() AS calls,
    max(dateDiff('second', ingested_at, ts)) AS ahead_seconds
FROM llm_spans
WHERE ingested_at > now64(6, 'UTC') - INTERVAL 1 DAY
    AND ts > ingested_at + INTERVAL 1 MINUTE
GROUP BY service, host
ORDER BY calls DESC

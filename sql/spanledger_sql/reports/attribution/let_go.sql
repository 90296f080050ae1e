-- What came of logs and metrics and was let go: what tells of no usage, and points that tell what is no count.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period in which they came, half-open
-- Columns:
--   signal: `log` or `metric` that tells of no usage, `uncountable metric` that tells what is no count
--   service: `service.name` of the resource
--   records: how many log records or points
--   last_came: when the last one came, UTC
SELECT
    signal,
    service_name AS service,
    sum(records) AS records,
    max(ingested_at) AS last_came
FROM otlp_let_go
WHERE ingested_at >= {from:DateTime64(9, 'UTC')} AND ingested_at < {to:DateTime64(9, 'UTC')}
GROUP BY signal, service_name
ORDER BY signal DESC, records DESC, service

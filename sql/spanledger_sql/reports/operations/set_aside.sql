-- Calls that came in and cannot be computed: they are not in the ledger. By what the database says of them.
--
-- Columns:
--   reason: what the database says
--   service: `service.name` of the spans
--   spans: how many
--   first, last: start of the first and of the last one, UTC
--   trace_id, span_id: of one of them
SELECT
    reason,
    CAST(service_name, 'String') AS service,
    count() AS spans,
    min(ts) AS first,
    max(ts) AS last,
    argMax(aside.trace_id, ts) AS trace_id,
    argMax(aside.span_id, ts) AS span_id
FROM (SELECT * FROM set_aside FINAL) AS aside
WHERE waiting = 1
GROUP BY reason, service
ORDER BY spans DESC, reason, service

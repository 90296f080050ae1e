-- Counts the log records that tell neither tokens nor the result of an evaluation: they are not stored.
-- Needs: otel_logs_in, otlp_let_go

CREATE MATERIALIZED VIEW IF NOT EXISTS otlp_let_go_from_logs TO otlp_let_go AS
SELECT
    {{inserted_at}} AS ingested_at,
    'log' AS signal,
    ServiceName AS service_name,
    count() AS records
FROM otel_logs_in
WHERE NOT {{tells_tokens}}
    AND NOT 'gen_ai.evaluation.result' IN (EventName, LogAttributes['event.name'])
GROUP BY ALL;

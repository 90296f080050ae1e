-- Flattens OTLP export requests of logs into otel_logs_in, which stores nothing: what may be stored is decided there.
-- Needs: otel_logs_in, otlp_log_requests

CREATE MATERIALIZED VIEW IF NOT EXISTS otel_logs_from_otlp TO otel_logs_in AS
WITH
    {{attribute_text}},
    arrayJoin(resource_logs) AS rl,
    arrayJoin(rl.scope_logs) AS sl,
    arrayJoin(sl.log_records) AS r
SELECT
    as_time(if(r.time_unix_nano > 0, r.time_unix_nano, r.observed_time_unix_nano)) AS Timestamp,
    lower(hex(r.trace_id)) AS TraceId,
    lower(hex(r.span_id)) AS SpanId,
    r.severity_text AS SeverityText,
    toUInt8(greatest(0, least(255, r.severity_number))) AS SeverityNumber,
    ResourceAttributes['service.name'] AS ServiceName,
    '' AS Body,
    texts_of(rl.resource.attributes) AS ResourceAttributes,
    sl.scope.name AS ScopeName,
    sl.scope.version AS ScopeVersion,
    texts_of(r.attributes) AS LogAttributes,
    r.event_name AS EventName
FROM otlp_log_requests;

-- Flattens OTLP export requests into otel_traces_in, which stores nothing: what may be stored of them is decided there.
--
-- Needs: otel_traces_in, otlp_trace_requests

CREATE MATERIALIZED VIEW IF NOT EXISTS otel_traces_from_otlp TO otel_traces_in AS
WITH
    {{attribute_text}},
    arrayJoin(resource_spans) AS rs,
    arrayJoin(rs.scope_spans) AS ss,
    arrayJoin(ss.spans) AS s
SELECT
    as_time(s.start_time_unix_nano) AS Timestamp,
    lower(hex(s.trace_id)) AS TraceId,
    lower(hex(s.span_id)) AS SpanId,
    lower(hex(s.parent_span_id)) AS ParentSpanId,
    s.trace_state AS TraceState,
    s.name AS SpanName,
    transform(s.kind, [1, 2, 3, 4, 5], ['Internal', 'Server', 'Client', 'Producer', 'Consumer'], 'Unspecified') AS SpanKind,
    ResourceAttributes['service.name'] AS ServiceName,
    texts_of(rs.resource.attributes) AS ResourceAttributes,
    ss.scope.name AS ScopeName,
    ss.scope.version AS ScopeVersion,
    texts_of(s.attributes) AS SpanAttributes,
    if(s.end_time_unix_nano > s.start_time_unix_nano, s.end_time_unix_nano - s.start_time_unix_nano, 0) AS Duration,
    transform(s.status.code, [1, 2], ['Ok', 'Error'], 'Unset') AS StatusCode,
    s.status.message AS StatusMessage,
    arrayMap(e -> as_time(e.time_unix_nano), s.events) AS `Events.Timestamp`,
    arrayMap(e -> e.name, s.events) AS `Events.Name`,
    arrayMap(e -> texts_of(e.attributes), s.events) AS `Events.Attributes`,
    arrayMap(l -> lower(hex(l.trace_id)), s.links) AS `Links.TraceId`,
    arrayMap(l -> lower(hex(l.span_id)), s.links) AS `Links.SpanId`,
    arrayMap(l -> l.trace_state, s.links) AS `Links.TraceState`,
    arrayMap(l -> CAST(map(), 'Map(LowCardinality(String), String)'), s.links) AS `Links.Attributes`
FROM otlp_trace_requests;

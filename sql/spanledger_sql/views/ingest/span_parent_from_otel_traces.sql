-- Keeps which span is whose parent, of every span that has one.

DROP VIEW IF EXISTS span_parent_from_otel_traces;

CREATE MATERIALIZED VIEW span_parent_from_otel_traces TO span_parent AS
SELECT
    TraceId AS trace_id,
    SpanId AS span_id,
    ParentSpanId AS parent_span_id,
    IngestedAt AS ingested_at
FROM otel_traces
WHERE ParentSpanId != '';

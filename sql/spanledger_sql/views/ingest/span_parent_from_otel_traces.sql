-- Keeps which span is whose parent, of every span that has one.
-- Needs: otel_traces, span_parent

CREATE MATERIALIZED VIEW IF NOT EXISTS span_parent_from_otel_traces TO span_parent AS
SELECT
    TraceId AS trace_id,
    SpanId AS span_id,
    ParentSpanId AS parent_span_id,
    if(startsWith(ScopeName, 'codex'), SpanAttributes['model'], '') AS model,
    IngestedAt AS ingested_at
FROM otel_traces
WHERE ParentSpanId != '';

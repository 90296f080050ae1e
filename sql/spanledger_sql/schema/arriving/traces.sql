-- Spans as they arrive, of whatever kind; short-lived: `llm_spans` keeps what the ledger rests on.

-- One span as it arrived: the columns of the OpenTelemetry Collector's ClickHouse exporter, so that a Collector can write it
-- directly, plus `IngestedAt`.
CREATE TABLE IF NOT EXISTS otel_traces
(
    Timestamp DateTime64(9, 'UTC') COMMENT 'when the span started, UTC' CODEC(Delta, ZSTD(1)),
    TraceId String COMMENT 'lower-case hex, 32 digits' CODEC(ZSTD(1)),
    SpanId String COMMENT 'lower-case hex, 16 digits' CODEC(ZSTD(1)),
    ParentSpanId String COMMENT 'of the span around it, empty where there is none' CODEC(ZSTD(1)),
    TraceState String COMMENT 'empty: states of a trace are not stored' CODEC(ZSTD(1)),
    SpanName LowCardinality(String) COMMENT 'the name that its instrumentation gave it, its first 100 characters' CODEC(ZSTD(1)),
    SpanKind LowCardinality(String) COMMENT 'Internal, Server, Client, Producer, Consumer or Unspecified' CODEC(ZSTD(1)),
    ServiceName LowCardinality(String) COMMENT 'service.name of the resource' CODEC(ZSTD(1)),
    ResourceAttributes Map(LowCardinality(String), String) COMMENT 'of what made the span, values as text' CODEC(ZSTD(1)),
    ScopeName String COMMENT 'the instrumentation that made the span' CODEC(ZSTD(1)),
    ScopeVersion String COMMENT 'the instrumentation''s version' CODEC(ZSTD(1)),
    SpanAttributes Map(LowCardinality(String), String)
        COMMENT 'values as text, arrays as JSON; no message contents' CODEC(ZSTD(1)),
    Duration UInt64 COMMENT 'from start to end, ns' CODEC(ZSTD(1)),
    StatusCode LowCardinality(String) COMMENT 'Ok, Error or Unset' CODEC(ZSTD(1)),
    StatusMessage String COMMENT 'empty: messages are not stored' CODEC(ZSTD(1)),
    `Events.Timestamp` Array(DateTime64(9, 'UTC')) COMMENT 'when each event was, UTC' CODEC(ZSTD(1)),
    `Events.Name` Array(LowCardinality(String)) COMMENT 'each event''s name' CODEC(ZSTD(1)),
    `Events.Attributes` Array(Map(LowCardinality(String), String))
        COMMENT 'each event''s attributes, values as text' CODEC(ZSTD(1)),
    `Links.TraceId` Array(String) COMMENT 'each linked span''s trace id, hex' CODEC(ZSTD(1)),
    `Links.SpanId` Array(String) COMMENT 'each linked span''s id, hex' CODEC(ZSTD(1)),
    `Links.TraceState` Array(String) COMMENT 'empty: not stored' CODEC(ZSTD(1)),
    `Links.Attributes` Array(Map(LowCardinality(String), String)) COMMENT 'empty: not stored' CODEC(ZSTD(1)),
    IngestedAt DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when the span was stored, UTC' CODEC(Delta, ZSTD(1)),
    Segment UInt64 DEFAULT toUInt64OrZero(splitByChar('/', getSetting('log_comment'))[2])
        COMMENT 'what the row came in, a segment of the spool or a file, as a number: finds the rows of an insert that was cut off; 0 where others wrote it' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(IngestedAt)
ORDER BY (ServiceName, SpanName, toDateTime(Timestamp))
TTL toDateTime(IngestedAt) + toIntervalDay(30)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000, merge_selector_base = 10;

-- Which span is whose parent, of all spans that have one: calls can be inside each other across spans that are no calls.
CREATE TABLE IF NOT EXISTS span_parent
(
    trace_id String COMMENT 'lower-case hex, 32 digits' CODEC(ZSTD(1)),
    span_id String COMMENT 'the span, lower-case hex, 16 digits' CODEC(ZSTD(1)),
    parent_span_id String COMMENT 'the span around it, lower-case hex, 16 digits' CODEC(ZSTD(1)),
    model LowCardinality(String) COMMENT 'that a span of Codex names, whose calls name none; else empty' CODEC(ZSTD(1)),
    ingested_at DateTime64(6, 'UTC') COMMENT 'when the span was stored, UTC' CODEC(Delta, ZSTD(1)),
    segment UInt64 DEFAULT toUInt64OrZero(splitByChar('/', getSetting('log_comment'))[2])
        COMMENT 'as in `otel_traces`' CODEC(ZSTD(1)),
    INDEX trace_id_bloom trace_id TYPE bloom_filter GRANULARITY 4
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(ingested_at)
ORDER BY (ingested_at, trace_id)
TTL toDateTime(ingested_at) + toIntervalDay(90)
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1;

-- Spans as they come, contents included: it stores nothing. What may be stored of them goes into otel_traces. Its columns
-- are those of the OpenTelemetry Collector's ClickHouse exporter, which can write it.
CREATE TABLE IF NOT EXISTS otel_traces_in
(
    Timestamp DateTime64(9, 'UTC') COMMENT 'when the span started, UTC',
    TraceId String COMMENT 'lower-case hex, 32 digits',
    SpanId String COMMENT 'lower-case hex, 16 digits',
    ParentSpanId String COMMENT 'of the span around it, empty where there is none',
    TraceState String COMMENT 'the W3C trace state, as it came',
    SpanName LowCardinality(String) COMMENT 'the name that its instrumentation gave it',
    SpanKind LowCardinality(String) COMMENT 'Internal, Server, Client, Producer, Consumer or Unspecified',
    ServiceName LowCardinality(String) COMMENT 'service.name of the resource',
    ResourceAttributes Map(LowCardinality(String), String) COMMENT 'of what made the span, values as text',
    ScopeName String COMMENT 'the instrumentation that made the span',
    ScopeVersion String COMMENT 'the instrumentation''s version',
    SpanAttributes Map(LowCardinality(String), String) COMMENT 'of the span, contents included',
    Duration UInt64 COMMENT 'from start to end, ns',
    StatusCode LowCardinality(String) COMMENT 'Ok, Error or Unset',
    StatusMessage String COMMENT 'what the span says of its status',
    `Events.Timestamp` Array(DateTime64(9, 'UTC')) COMMENT 'when each event was, UTC',
    `Events.Name` Array(LowCardinality(String)) COMMENT 'each event''s name',
    `Events.Attributes` Array(Map(LowCardinality(String), String)) COMMENT 'each event''s attributes, contents included',
    `Links.TraceId` Array(String) COMMENT 'each linked span''s trace id, hex',
    `Links.SpanId` Array(String) COMMENT 'each linked span''s id, hex',
    `Links.TraceState` Array(String) COMMENT 'each linked span''s trace state',
    `Links.Attributes` Array(Map(LowCardinality(String), String)) COMMENT 'each link''s attributes'
)
ENGINE = Null;

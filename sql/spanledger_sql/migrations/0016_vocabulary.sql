-- What the project knows of providers and attributes. The rows are spanledger_vocabulary's; each start with other files puts
-- them in anew.

-- A provider: is_api: it runs on others' machines; hosts: of its API, each with all below it, '*-' for a region before the
-- service's name. The other columns as in spanledger_vocabulary/README.md.
CREATE TABLE provider
(
    name String,
    aliases Array(String),
    hosts Array(String),
    is_api UInt8,
    models String,
    catalogue String,
    makers Array(String),
    data_centres String
)
ENGINE = MergeTree
ORDER BY name;

-- An attribute, or a pattern of names: then `pattern` is its regular expression. stored: 'whole', 'part' or 'no'.
CREATE TABLE attribute
(
    name String,
    pattern String,
    dialect LowCardinality(String),
    meaning LowCardinality(String),
    holds LowCardinality(String),
    stored LowCardinality(String)
)
ENGINE = MergeTree
ORDER BY name;

-- Spans as they come, contents included: it stores nothing. What may be stored of them goes into otel_traces. Its columns
-- are those of the OpenTelemetry Collector's ClickHouse exporter, which can write it.
CREATE TABLE otel_traces_in
(
    Timestamp DateTime64(9, 'UTC'),
    TraceId String,
    SpanId String,
    ParentSpanId String,
    TraceState String,
    SpanName LowCardinality(String),
    SpanKind LowCardinality(String),
    ServiceName LowCardinality(String),
    ResourceAttributes Map(LowCardinality(String), String),
    ScopeName String,
    ScopeVersion String,
    SpanAttributes Map(LowCardinality(String), String),
    Duration UInt64,
    StatusCode LowCardinality(String),
    StatusMessage String,
    `Events.Timestamp` Array(DateTime64(9, 'UTC')),
    `Events.Name` Array(LowCardinality(String)),
    `Events.Attributes` Array(Map(LowCardinality(String), String)),
    `Links.TraceId` Array(String),
    `Links.SpanId` Array(String),
    `Links.TraceState` Array(String),
    `Links.Attributes` Array(Map(LowCardinality(String), String))
)
ENGINE = Null;

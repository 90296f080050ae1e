-- Logs and metrics that speak of the usage of LLMs, as they arrived; short-lived: `llm_spans` keeps what the ledger rests on.

-- One log record as it arrived: the columns of the OpenTelemetry Collector's ClickHouse exporter, plus `IngestedAt`.
CREATE TABLE IF NOT EXISTS otel_logs
(
    Timestamp DateTime64(9, 'UTC') COMMENT 'when it happened, else when it was seen, UTC' CODEC(Delta, ZSTD(1)),
    TraceId String COMMENT 'lower-case hex, 32 digits; empty where it has none' CODEC(ZSTD(1)),
    SpanId String COMMENT 'lower-case hex, 16 digits; empty where it has none' CODEC(ZSTD(1)),
    SeverityText LowCardinality(String) COMMENT 'as it came' CODEC(ZSTD(1)),
    SeverityNumber UInt8 COMMENT 'as it came',
    ServiceName LowCardinality(String) COMMENT 'service.name of the resource' CODEC(ZSTD(1)),
    Body String COMMENT 'empty: bodies are not stored' CODEC(ZSTD(1)),
    ResourceAttributes Map(LowCardinality(String), String) COMMENT 'of what made the record, values as text' CODEC(ZSTD(1)),
    ScopeName String COMMENT 'the instrumentation that made the record' CODEC(ZSTD(1)),
    ScopeVersion String COMMENT 'the instrumentation''s version' CODEC(ZSTD(1)),
    LogAttributes Map(LowCardinality(String), String) COMMENT 'values as text, arrays as JSON; no contents' CODEC(ZSTD(1)),
    EventName String COMMENT 'its attribute event.name, else the record''s own; 100 characters of it' CODEC(ZSTD(1)),
    IngestedAt DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when the record was stored, UTC' CODEC(Delta, ZSTD(1)),
    Segment UInt64 DEFAULT toUInt64OrZero(splitByChar('/', getSetting('log_comment'))[2])
        COMMENT 'as in `otel_traces`' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(IngestedAt)
ORDER BY (ServiceName, toDateTime(Timestamp))
TTL toDateTime(IngestedAt) + toIntervalDay(30)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

-- Log records as they come, contents of attributes included: it stores nothing. What may be stored goes into otel_logs.
CREATE TABLE IF NOT EXISTS otel_logs_in
(
    Timestamp DateTime64(9, 'UTC') COMMENT 'when it happened, else when it was seen, UTC',
    TraceId String COMMENT 'lower-case hex, 32 digits; empty where it has none',
    SpanId String COMMENT 'lower-case hex, 16 digits; empty where it has none',
    SeverityText LowCardinality(String) COMMENT 'as it came',
    SeverityNumber UInt8 COMMENT 'as it came',
    ServiceName LowCardinality(String) COMMENT 'service.name of the resource',
    Body String COMMENT 'what the record says; it goes nowhere',
    ResourceAttributes Map(LowCardinality(String), String) COMMENT 'of what made the record, values as text',
    ScopeName String COMMENT 'the instrumentation that made the record',
    ScopeVersion String COMMENT 'the instrumentation''s version',
    LogAttributes Map(LowCardinality(String), String) COMMENT 'of the record, contents included',
    EventName String COMMENT 'the record''s own'
)
ENGINE = Null;

-- One data point of a counter as it arrived: the columns of the OpenTelemetry Collector's ClickHouse exporter that are read,
-- plus `IngestedAt`. Only metrics of the usage of LLMs.
CREATE TABLE IF NOT EXISTS otel_metrics_sum
(
    ResourceAttributes Map(LowCardinality(String), String) COMMENT 'of what made the point, values as text' CODEC(ZSTD(1)),
    ScopeName String COMMENT 'the instrumentation that made the point' CODEC(ZSTD(1)),
    ScopeVersion String COMMENT 'the instrumentation''s version' CODEC(ZSTD(1)),
    ServiceName LowCardinality(String) COMMENT 'service.name of the resource' CODEC(ZSTD(1)),
    MetricName LowCardinality(String) COMMENT 'such as claude_code.token.usage' CODEC(ZSTD(1)),
    MetricUnit LowCardinality(String) COMMENT 'as it came' CODEC(ZSTD(1)),
    Attributes Map(LowCardinality(String), String) COMMENT 'of the point, values as text; no contents' CODEC(ZSTD(1)),
    StartTimeUnix DateTime64(9, 'UTC') COMMENT 'from when on it counts, UTC; 1970-01-01 where unknown' CODEC(Delta, ZSTD(1)),
    TimeUnix DateTime64(9, 'UTC') COMMENT 'until when, UTC' CODEC(Delta, ZSTD(1)),
    Value Float64 COMMENT 'the count' CODEC(ZSTD(1)),
    Flags UInt32 COMMENT '1: no value was recorded',
    AggregationTemporality Int32 COMMENT '1 delta, 2 cumulative, 0 unspecified',
    IsMonotonic Bool COMMENT 'true: it only grows',
    IngestedAt DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when the point was stored, UTC' CODEC(Delta, ZSTD(1)),
    Segment UInt64 DEFAULT toUInt64OrZero(splitByChar('/', getSetting('log_comment'))[2])
        COMMENT 'as in `otel_traces`' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(IngestedAt)
ORDER BY (ServiceName, MetricName, toDateTime(TimeUnix))
TTL toDateTime(IngestedAt) + toIntervalDay(30)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

-- One data point of a histogram, exponential or not, as it arrived; of it only the count and the sum are read.
CREATE TABLE IF NOT EXISTS otel_metrics_histogram
(
    ResourceAttributes Map(LowCardinality(String), String) COMMENT 'of what made the point, values as text' CODEC(ZSTD(1)),
    ScopeName String COMMENT 'the instrumentation that made the point' CODEC(ZSTD(1)),
    ScopeVersion String COMMENT 'the instrumentation''s version' CODEC(ZSTD(1)),
    ServiceName LowCardinality(String) COMMENT 'service.name of the resource' CODEC(ZSTD(1)),
    MetricName LowCardinality(String) COMMENT 'such as gen_ai.client.token.usage' CODEC(ZSTD(1)),
    MetricUnit LowCardinality(String) COMMENT 'as it came' CODEC(ZSTD(1)),
    Attributes Map(LowCardinality(String), String) COMMENT 'of the point, values as text; no contents' CODEC(ZSTD(1)),
    StartTimeUnix DateTime64(9, 'UTC') COMMENT 'from when on it counts, UTC; 1970-01-01 where unknown' CODEC(Delta, ZSTD(1)),
    TimeUnix DateTime64(9, 'UTC') COMMENT 'until when, UTC' CODEC(Delta, ZSTD(1)),
    Count UInt64 COMMENT 'how many measurements' CODEC(ZSTD(1)),
    Sum Float64 COMMENT 'of what was measured' CODEC(ZSTD(1)),
    Flags UInt32 COMMENT '1: no value was recorded',
    AggregationTemporality Int32 COMMENT '1 delta, 2 cumulative, 0 unspecified',
    IngestedAt DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when the point was stored, UTC' CODEC(Delta, ZSTD(1)),
    Segment UInt64 DEFAULT toUInt64OrZero(splitByChar('/', getSetting('log_comment'))[2])
        COMMENT 'as in `otel_traces`' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(IngestedAt)
ORDER BY (ServiceName, MetricName, toDateTime(TimeUnix))
TTL toDateTime(IngestedAt) + toIntervalDay(30)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

-- How many log records and metrics said nothing of the usage of LLMs, or nothing that can be counted, by insert.
CREATE TABLE IF NOT EXISTS otlp_let_go
(
    ingested_at DateTime64(6, 'UTC') COMMENT 'when they came, UTC' CODEC(Delta, ZSTD(1)),
    signal LowCardinality(String) COMMENT '`log` or `metric` that tells of no usage, `uncountable metric` that tells what is no count',
    service_name LowCardinality(String) COMMENT 'service.name of the resource',
    records UInt64 COMMENT 'how many records or points',
    segment UInt64 DEFAULT toUInt64OrZero(splitByChar('/', getSetting('log_comment'))[2])
        COMMENT 'as in `otel_traces`' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(ingested_at)
ORDER BY ingested_at
TTL toDateTime(ingested_at) + toIntervalDay(30)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

-- One data point of a metric of usage, typed: what the buckets of calls are computed from that no span or log tells of.
CREATE TABLE IF NOT EXISTS usage_point
(
    ingested_at DateTime64(6, 'UTC') COMMENT 'when the point was stored, UTC' CODEC(Delta, ZSTD(1)),
    series UInt64 COMMENT 'a hash of resource, scope, metric and attributes',
    agent LowCardinality(String) COMMENT 'the coding agent that sent it; empty where none did',
    service_name LowCardinality(String) COMMENT 'service.name of the resource',
    session_id String COMMENT 'session.id of the point or of the resource; empty where neither says' CODEC(ZSTD(1)),
    model LowCardinality(String) COMMENT 'the model that answered, else the one asked for',
    provider LowCardinality(String) COMMENT 'who answered, by its OpenTelemetry name',
    tenant_id LowCardinality(String) COMMENT 'who the calls were for; `(unattributed)` where no attribute says',
    tenant_source LowCardinality(String) COMMENT 'as in `llm_spans`',
    user_id String COMMENT 'of the point or of the resource' CODEC(ZSTD(1)),
    cost_center LowCardinality(String) COMMENT 'of the point or of the resource',
    environment LowCardinality(String) COMMENT 'deployment.environment.name of the resource',
    class LowCardinality(String)
        COMMENT '`input`, `uncached`, `tool_input`, `cache_read`, `cache_write`, `output`, `answer` (without reasoning), `reasoning`, `cost` or `calls`',
    started_at DateTime64(9, 'UTC') COMMENT 'from when on it counts, UTC; 1970-01-01 where unknown' CODEC(Delta, ZSTD(1)),
    ended_at DateTime64(9, 'UTC') COMMENT 'until when, UTC' CODEC(Delta, ZSTD(1)),
    cumulative UInt8 COMMENT '1: it counts from `started_at` on; 0: since the point before',
    value Float64 COMMENT 'tokens, USD or calls' CODEC(ZSTD(1)),
    measurements UInt64 COMMENT 'of a histogram of OpenTelemetry''s: how many calls; else 0',
    attribution_raw Map(LowCardinality(String), String) COMMENT 'as in `llm_spans`' CODEC(ZSTD(1)),
    segment UInt64 DEFAULT toUInt64OrZero(splitByChar('/', getSetting('log_comment'))[2])
        COMMENT 'as in `otel_traces`' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(ingested_at)
ORDER BY (service_name, session_id, ended_at)
TTL toDateTime(ingested_at) + toIntervalDay(30)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

-- Scratch paper: the series of metrics' points that are looked at, and whose they are.
CREATE TABLE IF NOT EXISTS metric_series
(
    series UInt64 COMMENT 'as in `usage_point`',
    bucket_of UInt64 COMMENT 'a hash of service, session, model and tenant, and of `whose`: of whose usage it tells',
    agent LowCardinality(String) COMMENT 'as in `usage_point`',
    service_name LowCardinality(String) COMMENT 'as in `usage_point`',
    session_id String COMMENT 'as in `usage_point`',
    user_id String COMMENT 'as in `usage_point`',
    whose String COMMENT 'the user, where it names no session',
    model String COMMENT 'as in `usage_point`, without what some signals leave out',
    model_said LowCardinality(String) COMMENT 'as in `usage_point`',
    provider LowCardinality(String) COMMENT 'as in `usage_point`',
    tenant_id LowCardinality(String) COMMENT 'as in `usage_point`',
    tenant_source LowCardinality(String) COMMENT 'as in `usage_point`',
    cost_center LowCardinality(String) COMMENT 'as in `usage_point`',
    environment LowCardinality(String) COMMENT 'as in `usage_point`',
    class LowCardinality(String) COMMENT 'as in `usage_point`',
    attribution_raw Map(LowCardinality(String), String) COMMENT 'as in `usage_point`, without which part of the agent it was'
)
ENGINE = Memory;

-- Scratch paper: what metrics tell of each interval.
CREATE TABLE IF NOT EXISTS metric_interval
(
    bucket_of UInt64 COMMENT 'as in `metric_series`',
    ended_at DateTime64(9, 'UTC') COMMENT 'when the interval ends, UTC',
    told_since DateTime64(9, 'UTC') COMMENT 'since when its points count, UTC',
    begins DateTime64(9, 'UTC') COMMENT 'when the interval begins, UTC: a day before its end at most',
    one_series UInt64 COMMENT 'one of its series',
    model_said LowCardinality(String) COMMENT 'as in `usage_point`',
    tenant_source LowCardinality(String) COMMENT 'as in `usage_point`; where points differ, the one that was overridden',
    user_id String COMMENT 'as in `usage_point`; empty where it is more than one',
    counts Array(Int64) COMMENT 'input, of it read from the cache and written to it, output, of it reasoning; calls',
    cost Float64 COMMENT 'what the sender reckons that it cost, USD',
    says_cost UInt8 COMMENT '1: it says what it cost',
    says_calls UInt8 COMMENT '1: it says how many calls there were',
    went_back UInt8 COMMENT '1: a counter went back'
)
ENGINE = Memory;

-- Scratch paper: the calls that spans and logs tell of, in the intervals of metrics.
CREATE TABLE IF NOT EXISTS metric_call
(
    trace_id String COMMENT 'as in `llm_spans`',
    span_id String COMMENT 'as in `llm_spans`',
    bucket_of UInt64 COMMENT 'of the interval, as in `metric_series`',
    ended_at DateTime64(9, 'UTC') COMMENT 'of the interval, UTC',
    begins DateTime64(9, 'UTC') COMMENT 'of the interval, UTC',
    counts Array(Int64) COMMENT 'as in `metric_interval`',
    cost Float64 COMMENT 'what the sender reckons that it cost, USD',
    metric_tells_more UInt8 COMMENT '1: a span of which the metric tells more'
)
ENGINE = Memory;

-- Scratch paper: the intervals of metrics, and what of each no span or log tells of.
CREATE TABLE IF NOT EXISTS metric_rest
(
    trace_id String COMMENT 'a hash of service, session, model and tenant',
    span_id String COMMENT 'a hash of the interval and of what is left of it',
    begins DateTime64(9, 'UTC') COMMENT 'when the interval begins, UTC',
    agent String COMMENT 'as in `usage_point`',
    service_name String COMMENT 'as in `usage_point`',
    session_id String COMMENT 'as in `usage_point`',
    model String COMMENT 'as in `usage_point`',
    provider String COMMENT 'as in `usage_point`',
    tenant_id String COMMENT 'as in `usage_point`',
    tenant_source String COMMENT 'as in `usage_point`; where points differ, the one that was overridden',
    user_id String COMMENT 'as in `metric_interval`',
    cost_center String COMMENT 'as in `usage_point`',
    environment String COMMENT 'as in `usage_point`',
    attribution_raw Map(String, String) COMMENT 'as in `usage_point`',
    input_tokens UInt64 COMMENT 'what is left of the input, cached tokens included',
    cache_read_tokens UInt64 COMMENT 'what is left of what was read from the cache',
    cache_write_tokens UInt64 COMMENT 'what is left of what was written to the cache',
    output_tokens UInt64 COMMENT 'what is left of the output, reasoning included',
    reasoning_tokens UInt64 COMMENT 'what is left of the reasoning',
    calls Nullable(UInt64) COMMENT 'what is left of the calls; NULL: unknown',
    reported_cost Nullable(Float64) COMMENT 'what is left of the cost that the sender reckons, USD',
    note String COMMENT 'what was odd about the counters',
    told_by_metric String COMMENT '`span`: the row is no interval but a span, of which a metric tells more; else empty'
)
ENGINE = Memory;

-- What a span said beyond tokens and models, why its usage may not be believed, and which of several reports of one
-- call counts.

-- usage_note: why usage that was there is not believed, '' where it is; the claimed counts are what it said.
-- web_searches: what the provider bills by search. attempts: requests that the SDK made for the call, 0 where unsaid.
-- vendor_*: use of a service that is no LLM. attribution_raw: attributes that may tell whose call it was, as they came,
-- those of the resource with "resource." before their names.
ALTER TABLE llm_spans
    ADD COLUMN usage_note LowCardinality(String),
    ADD COLUMN claimed_input_tokens UInt64,
    ADD COLUMN claimed_output_tokens UInt64,
    ADD COLUMN input_audio_tokens UInt64,
    ADD COLUMN output_audio_tokens UInt64,
    ADD COLUMN web_searches UInt32,
    ADD COLUMN vendor_unit LowCardinality(String),
    ADD COLUMN vendor_quantity Decimal(18, 6),
    ADD COLUMN speed LowCardinality(String),
    ADD COLUMN provider_account LowCardinality(String),
    ADD COLUMN host_name LowCardinality(String),
    ADD COLUMN attempts UInt16,
    ADD COLUMN attribution_raw Map(LowCardinality(String), String) CODEC(ZSTD(1));

ALTER TABLE ledger
    ADD COLUMN usage_note LowCardinality(String),
    ADD COLUMN input_audio_tokens UInt64,
    ADD COLUMN output_audio_tokens UInt64,
    ADD COLUMN web_searches UInt32,
    ADD COLUMN vendor_unit LowCardinality(String),
    ADD COLUMN vendor_quantity Decimal(18, 6),
    ADD COLUMN speed LowCardinality(String),
    ADD COLUMN provider_account LowCardinality(String),
    ADD COLUMN host_name LowCardinality(String),
    ADD COLUMN scope_name LowCardinality(String);

-- Spans by what they may share with another report of the same call, so that the relatives of a new span are found
-- without reading the others. key: a hash of the trace id, of the response id, or, for Logfire's streams, of service,
-- model and minute; span: a hash of trace and span id; ingested_at finds the span in llm_spans.
CREATE TABLE call_key
(
    key UInt64,
    span UInt64,
    ingested_at DateTime64(6, 'UTC') CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (key, span, ingested_at);

-- Which span is whose parent, of all spans: calls can be inside each other across spans that are no calls.
CREATE TABLE span_parent
(
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    parent_span_id String CODEC(ZSTD(1)),
    ingested_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(ingested_at)
ORDER BY (ingested_at, trace_id)
TTL toDateTime(ingested_at) + INTERVAL 90 DAY
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1;

ALTER TABLE span_parent ADD INDEX trace_id_bloom trace_id TYPE bloom_filter GRANULARITY 4;

-- Which of the spans that report one call counts. A span that is not here counts, for itself. version: the worker's,
-- when it came to this. tenant_id and the like: the call's, where another report of the call names what the counted one
-- does not; else ''. span: a hash of trace and span id.
CREATE TABLE call_verdict
(
    span UInt64,
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    ingested_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    counted UInt8,
    counted_reason String,
    tenant_id LowCardinality(String),
    tenant_source LowCardinality(String),
    user_id String,
    session_id String,
    feature LowCardinality(String),
    version UInt64,
    INDEX version_range version TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY span;

-- The worker's scratch paper, while it decides which spans report the same call.
CREATE TABLE call_candidate
(
    span UInt64,
    trace_id String,
    span_id String,
    parent_span_id String,
    ingested_at DateTime64(6, 'UTC'),
    service_name String,
    begins DateTime64(9, 'UTC'),
    ends DateTime64(9, 'UTC'),
    reporter String,
    kind String,
    model String,
    response_id String,
    failed UInt8,
    has_usage UInt8,
    input_tokens UInt64,
    output_tokens UInt64,
    details UInt8,
    tenant_id String,
    tenant_source String,
    user_id String,
    session_id String,
    feature String
)
ENGINE = Memory;

CREATE TABLE call_nesting (inner_span UInt64, outer_span UInt64) ENGINE = Memory;

CREATE TABLE call_scene (span UInt64, scene String) ENGINE = Memory;

CREATE TABLE call_label (span UInt64, step UInt8, label UInt64) ENGINE = Memory;

-- version: of the last batch that was written whole.
ALTER TABLE enrich_progress ADD COLUMN version UInt64;

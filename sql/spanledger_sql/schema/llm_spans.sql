-- LLM calls as spans and logs reported them, and the buckets of calls of which only metrics tell.

-- An LLM call as one span or log reported it: typed, in one vocabulary, whatever the dialect. Two spans may report one call.
CREATE TABLE IF NOT EXISTS llm_spans
(
    ingested_at DateTime64(6, 'UTC') COMMENT 'when the span was stored, UTC' CODEC(Delta, ZSTD(1)),
    trace_id String COMMENT 'with `span_id`: the report; lower-case hex, 32 digits' CODEC(ZSTD(1)),
    span_id String COMMENT 'lower-case hex, 16 digits' CODEC(ZSTD(1)),
    parent_span_id String COMMENT 'of the span around it, empty where there is none' CODEC(ZSTD(1)),
    ts DateTime64(9, 'UTC') COMMENT 'when the call started, UTC' CODEC(Delta, ZSTD(1)),
    duration_ms Float64 COMMENT 'from start to end of the span, ms',
    service_name LowCardinality(String) COMMENT 'service.name of the resource',
    environment LowCardinality(String) COMMENT 'deployment.environment.name of the span, else of the resource',
    scope_name LowCardinality(String) COMMENT 'the instrumentation that made the span',
    scope_version LowCardinality(String) COMMENT 'the instrumentation''s version',
    dialect LowCardinality(String) COMMENT 'whose attribute names the span was read by, such as `openinference`',
    tenant_id LowCardinality(String) COMMENT 'who the call was for; `(unattributed)` where no attribute says',
    tenant_source LowCardinality(String) COMMENT 'the attribute that said so; `none` where none did',
    user_id String COMMENT 'user.id, or what older instrumentations call it' CODEC(ZSTD(1)),
    session_id String COMMENT 'session.id or gen_ai.conversation.id' CODEC(ZSTD(1)),
    feature LowCardinality(String) COMMENT 'what the call was for, as `attribution(feature=...)` says',
    workflow LowCardinality(String) COMMENT 'as `attribution(workflow=...)` says',
    run_id String COMMENT 'as `attribution(run_id=...)` says' CODEC(ZSTD(1)),
    cost_center LowCardinality(String) COMMENT 'as `attribution(cost_center=...)` says',
    provider LowCardinality(String) COMMENT 'who answered, by its OpenTelemetry name',
    request_model LowCardinality(String) COMMENT 'the model asked for',
    response_model LowCardinality(String) COMMENT 'the model that answered; empty where the span does not say',
    operation LowCardinality(String)
        COMMENT '`chat`, `text_completion`, `generate_content`, `embeddings`, `responses`, `multimodal`, `rerank` or `vendor_usage`',
    streaming UInt8 COMMENT '1: the answer came as a stream',
    ttft_ms Nullable(Float64) COMMENT 'time to the first chunk, ms; NULL where not reported',
    status LowCardinality(String) COMMENT '`ok` or `error`',
    error_type LowCardinality(String) COMMENT 'type of the error, never its message',
    finish_reason LowCardinality(String) COMMENT 'why the answer ended',
    response_id String COMMENT 'the provider''s id of the answer' CODEC(ZSTD(1)),
    service_tier LowCardinality(String) COMMENT 'as reported, such as `batch`',
    server_address LowCardinality(String) COMMENT 'the host that was called, where the span names it',
    cloud_provider LowCardinality(String) COMMENT 'cloud.provider of the span or of the resource',
    cloud_region LowCardinality(String) COMMENT 'cloud.region of the span or of the resource',
    input_tokens UInt64 COMMENT 'the whole prompt, cached tokens included',
    cache_read_tokens UInt64 COMMENT 'of `input_tokens`: read from the prompt cache',
    cache_write_tokens UInt64 COMMENT 'of `input_tokens`: written to the prompt cache, whatever for how long',
    cache_write_1h_tokens UInt64 COMMENT 'of `cache_write_tokens`: kept for an hour, where they are priced apart',
    output_tokens UInt64 COMMENT 'the answer, reasoning included',
    reasoning_tokens UInt64 COMMENT 'of `output_tokens`: reasoning',
    usage_source LowCardinality(String) COMMENT '`reported`, or `missing`: the span names no tokens, and all token columns are 0',
    usage_raw Map(LowCardinality(String), String)
        COMMENT 'the attributes that tell of usage, as they came, for audit' CODEC(ZSTD(1)),
    usage_note LowCardinality(String) COMMENT 'why usage that was on the span is not believed; empty where it is',
    claimed_input_tokens UInt64 COMMENT 'what an unbelieved usage said of input, in tokens',
    claimed_output_tokens UInt64 COMMENT 'what an unbelieved usage said of output, in tokens',
    input_audio_tokens UInt64 COMMENT 'of `input_tokens`, those of audio',
    output_audio_tokens UInt64 COMMENT 'of `output_tokens`, those of audio',
    web_searches UInt32 COMMENT 'searches that the provider made for the call, and bills',
    vendor_unit LowCardinality(String) COMMENT 'of the use of a service that is no LLM: the unit, such as `page` or `search`',
    vendor_quantity Decimal(18, 6) COMMENT 'of the use of a service that is no LLM: how many units',
    speed LowCardinality(String) COMMENT 'the provider''s speed mode, such as `fast`; empty where the span says none',
    provider_account LowCardinality(String) COMMENT 'the account or organization at the provider, where the span names it',
    host_name LowCardinality(String) COMMENT 'the host that made the span',
    attempts UInt16 COMMENT 'requests that the SDK made for the call, 0 where unsaid',
    attribution_raw Map(LowCardinality(String), String)
        COMMENT 'attributes that may tell whose call it was, as they came; those of the resource with "resource." before their names' CODEC(ZSTD(1)),
    signal LowCardinality(String) DEFAULT 'span' COMMENT 'what told of it: `span`, `log` or `metric`',
    granularity LowCardinality(String) DEFAULT 'call' COMMENT '`call`; or `interval`: all calls of an interval that a metric tells of',
    calls Nullable(UInt64) DEFAULT 1 COMMENT 'how many calls the row stands for; NULL: unknown',
    agent LowCardinality(String) DEFAULT '' COMMENT 'the coding agent that made the call, such as `claude-code`; empty where none did',
    reported_cost Nullable(Decimal(18, 12)) COMMENT 'what the sender says that it cost, USD: never billed',
    INDEX trace_id_bloom trace_id TYPE bloom_filter GRANULARITY 4,
    INDEX ts_range ts TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(ingested_at)
ORDER BY (ingested_at, trace_id, span_id)
SETTINGS non_replicated_deduplication_window = 1000;

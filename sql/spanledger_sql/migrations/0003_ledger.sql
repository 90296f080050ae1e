-- The ledger: one LLM call a row, with its cost, its energy and emissions, and where each figure comes from.
-- Writing a call again leaves the row with the highest version; read it through the view `calls`.
-- Costs in USD, energy in Wh with PUE, emissions in gCO2e. NULL says unknown, never zero.
CREATE TABLE ledger
(
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    ts DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    duration_ms Float64,
    service_name LowCardinality(String),
    environment LowCardinality(String),
    tenant_id LowCardinality(String),
    tenant_source LowCardinality(String),
    user_id String CODEC(ZSTD(1)),
    session_id String CODEC(ZSTD(1)),
    feature LowCardinality(String),
    workflow LowCardinality(String),
    run_id String CODEC(ZSTD(1)),
    cost_center LowCardinality(String),
    dialect LowCardinality(String),
    provider LowCardinality(String),
    request_model LowCardinality(String),
    response_model LowCardinality(String),
    operation LowCardinality(String),
    streaming UInt8,
    ttft_ms Nullable(Float64),
    status LowCardinality(String),
    error_type LowCardinality(String),
    finish_reason LowCardinality(String),
    response_id String CODEC(ZSTD(1)),
    service_tier LowCardinality(String),
    cloud_region LowCardinality(String),
    input_tokens UInt64,
    cache_read_tokens UInt64,
    cache_write_tokens UInt64,
    cache_write_1h_tokens UInt64,
    output_tokens UInt64,
    reasoning_tokens UInt64,
    usage_source LowCardinality(String),
    price_status LowCardinality(String),
    price_id LowCardinality(String),
    price_valid_from Nullable(DateTime64(9, 'UTC')),
    list_cost Nullable(Decimal(18, 12)),
    contracted_cost Nullable(Decimal(18, 12)),
    input_cost Nullable(Decimal(18, 12)),
    cache_read_cost Nullable(Decimal(18, 12)),
    cache_write_cost Nullable(Decimal(18, 12)),
    output_cost Nullable(Decimal(18, 12)),
    other_cost Nullable(Decimal(18, 12)),
    energy_wh Nullable(Float64),
    energy_wh_low Nullable(Float64),
    energy_wh_high Nullable(Float64),
    energy_method LowCardinality(String),
    energy_id LowCardinality(String),
    zone LowCardinality(String),
    intensity_g_per_kwh Nullable(Float64),
    intensity_source LowCardinality(String),
    intensity_resolution LowCardinality(String),
    co2e_g Nullable(Float64),
    co2e_g_low Nullable(Float64),
    co2e_g_high Nullable(Float64),
    co2e_market_g Nullable(Float64),
    embodied_g Nullable(Float64),
    water_ml Nullable(Float64),
    counted UInt8,
    counted_reason LowCardinality(String),
    version UInt64,
    enriched_at DateTime64(6, 'UTC'),
    INDEX trace_id_bloom trace_id TYPE bloom_filter GRANULARITY 4,
    INDEX enriched_at_range enriched_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(ts)
ORDER BY (toStartOfHour(ts), trace_id, span_id);

-- How far a worker has come: everything ingested up to `ingested_until` is in the ledger.
CREATE TABLE enrich_progress
(
    worker LowCardinality(String),
    ingested_until DateTime64(6, 'UTC'),
    calls UInt64,
    updated_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY worker;

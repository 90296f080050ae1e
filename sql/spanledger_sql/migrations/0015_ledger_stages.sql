-- What the stages of the ledger put down, one table a stage: of the worker's last batch. A restatement and a what-if make
-- tables of their own like these. The last stage writes the ledger itself.

-- 1: the calls, with what they are looked up by. price_key, agreement_key, place_key: hashes; agreement_key with the
-- tenant's leads to the contract. contract_*: of what contracts can depend on, what one does depend on.
CREATE TABLE ledger_batch
(
    span UInt64,
    ingested_at DateTime64(6, 'UTC'),
    price_key UInt64,
    agreement_key UInt64,
    place_key UInt64,
    contract_region LowCardinality(String),
    contract_account LowCardinality(String),
    contract_environment LowCardinality(String),
    trace_id String,
    span_id String,
    ts DateTime64(9, 'UTC'),
    duration_ms Float64,
    service_name LowCardinality(String),
    environment LowCardinality(String),
    scope_name LowCardinality(String),
    dialect LowCardinality(String),
    tenant_id LowCardinality(String),
    tenant_source LowCardinality(String),
    user_id String,
    session_id String,
    feature LowCardinality(String),
    workflow LowCardinality(String),
    run_id String,
    cost_center LowCardinality(String),
    provider LowCardinality(String),
    request_model LowCardinality(String),
    response_model LowCardinality(String),
    operation LowCardinality(String),
    streaming UInt8,
    ttft_ms Nullable(Float64),
    status LowCardinality(String),
    error_type LowCardinality(String),
    finish_reason LowCardinality(String),
    response_id String,
    service_tier LowCardinality(String),
    cloud_region LowCardinality(String),
    input_tokens UInt64,
    cache_read_tokens UInt64,
    cache_write_tokens UInt64,
    cache_write_1h_tokens UInt64,
    output_tokens UInt64,
    reasoning_tokens UInt64,
    usage_source LowCardinality(String),
    usage_note LowCardinality(String),
    input_audio_tokens UInt64,
    output_audio_tokens UInt64,
    web_searches UInt32,
    vendor_unit LowCardinality(String),
    vendor_quantity Decimal(18, 6),
    speed LowCardinality(String),
    provider_account LowCardinality(String),
    host_name LowCardinality(String)
)
ENGINE = Memory;

-- 2: which report of a call counts, and what its other reports and the tenant rules say of whose it is. Most calls have
-- no row, and count.
CREATE TABLE ledger_verdicts
(
    span UInt64,
    counted UInt8,
    counted_reason String,
    tenant_id LowCardinality(String),
    tenant_source LowCardinality(String),
    user_id String,
    session_id String,
    feature LowCardinality(String),
    rule_tenant_id LowCardinality(String),
    rule_source LowCardinality(String),
    rule_goes_first UInt8
)
ENGINE = Memory;

-- 3: for each price_key and date, the list price in force from then on, and the energy entry. steps: the prices of each
-- step, the base price first; USD for one. other_*: the bounds of the energy method that is not the ledger's.
CREATE TABLE ledger_models
(
    price_key UInt64,
    free UInt8,
    price_id String,
    valid_from DateTime64(9, 'UTC'),
    token_priced Nullable(UInt8),
    unit_price Decimal(38, 22),
    unit_known UInt8,
    unit_minimum_cost Nullable(Decimal(38, 22)),
    tier_starts Array(UInt64),
    window_starts Array(UInt32),
    steps Array(Tuple(
        input Decimal(38, 22), input_audio Decimal(38, 22), cache_read Decimal(38, 22), cache_write Decimal(38, 22),
        cache_write_1h Decimal(38, 22), output Decimal(38, 22), output_audio Decimal(38, 22), reasoning Decimal(38, 22),
        search Decimal(38, 22), request Decimal(38, 22))),
    energy_id Nullable(String),
    energy_method LowCardinality(Nullable(String)),
    wh_per_output_token_low Nullable(Float64),
    wh_per_output_token Nullable(Float64),
    wh_per_output_token_high Nullable(Float64),
    wh_per_input_token_low Nullable(Float64),
    wh_per_input_token Nullable(Float64),
    wh_per_input_token_high Nullable(Float64),
    wh_per_cache_read_token_low Nullable(Float64),
    wh_per_cache_read_token Nullable(Float64),
    wh_per_cache_read_token_high Nullable(Float64),
    wh_per_request_low Nullable(Float64),
    wh_per_request Nullable(Float64),
    wh_per_request_high Nullable(Float64),
    wh_per_second_low Nullable(Float64),
    wh_per_second_high Nullable(Float64),
    seconds_per_output_token_low Nullable(Float64),
    seconds_per_output_token_high Nullable(Float64),
    seconds_per_request Nullable(Float64),
    embodied_g_per_output_token Nullable(Float64),
    embodied_g_per_request Nullable(Float64),
    embodied_g_per_second_low Nullable(Float64),
    embodied_g_per_second_high Nullable(Float64),
    pue_low Nullable(Float64),
    pue Nullable(Float64),
    pue_high Nullable(Float64),
    l_per_kwh_low Nullable(Float64),
    l_per_kwh Nullable(Float64),
    l_per_kwh_high Nullable(Float64),
    central_is_mean Nullable(UInt8),
    other_pue_low Float64,
    other_pue_high Float64,
    other_wh_per_output_token_low Float64,
    other_wh_per_output_token_high Float64,
    other_wh_per_input_token_low Float64,
    other_wh_per_input_token_high Float64,
    other_wh_per_cache_read_token_low Float64,
    other_wh_per_cache_read_token_high Float64,
    other_wh_per_request_low Float64,
    other_wh_per_request_high Float64
)
ENGINE = Memory;

-- 4: for each contract_key and date, the price of the contract that applies from then on; price_id '' where none does.
CREATE TABLE ledger_contracts
(
    contract_key UInt64,
    valid_from DateTime64(9, 'UTC'),
    price_id String,
    token_priced Nullable(UInt8),
    unit_price Decimal(38, 22),
    unit_known UInt8,
    unit_minimum_cost Nullable(Decimal(38, 22)),
    tier_starts Array(UInt64),
    window_starts Array(UInt32),
    steps Array(Tuple(
        input Decimal(38, 22), input_audio Decimal(38, 22), cache_read Decimal(38, 22), cache_write Decimal(38, 22),
        cache_write_1h Decimal(38, 22), output Decimal(38, 22), output_audio Decimal(38, 22), reasoning Decimal(38, 22),
        search Decimal(38, 22), request Decimal(38, 22)))
)
ENGINE = Memory;

-- 5: provider x region x hour: grid intensity, the data centre's overhead and water, and the contracts for power.
CREATE TABLE ledger_places
(
    provider LowCardinality(String),
    cloud_region LowCardinality(String),
    hour DateTime('UTC'),
    place_key UInt64,
    resolution LowCardinality(String),
    zone LowCardinality(String),
    g_per_kwh Nullable(Float64),
    source String,
    pue_low Nullable(Float64),
    pue Nullable(Float64),
    pue_high Nullable(Float64),
    l_per_kwh_low Nullable(Float64),
    l_per_kwh Nullable(Float64),
    l_per_kwh_high Nullable(Float64),
    grid_l_per_kwh Nullable(Float64),
    market_g_per_kwh Nullable(Float64),
    market_source String
)
ENGINE = Memory;

-- 6: what the host's samples say of a call: Wh at the host. Most calls have no row.
CREATE TABLE ledger_measured
(
    span UInt64,
    host_name LowCardinality(String),
    wh Float64,
    wh_low Float64,
    wh_high Float64,
    pue Nullable(Float64)
)
ENGINE = Memory;

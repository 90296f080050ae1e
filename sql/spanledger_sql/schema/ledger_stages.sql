-- What the stages of the ledger put down, one table a stage: of the worker's last batch. A restatement and a what-if make
-- tables of their own like these. The last stage writes the ledger itself.

-- 0: the inserts whose spans are taken.
CREATE TABLE IF NOT EXISTS ledger_inserts
(
    ingested_at DateTime64(6, 'UTC') COMMENT 'as in `llm_spans`',
    calls UInt64 COMMENT 'rows in `llm_spans`',
    parents UInt64 COMMENT 'rows in `span_parent`',
    again UInt8 COMMENT '1: some of its calls were taken before'
)
ENGINE = Memory;

-- 1: the calls, with what they are looked up by. price_key, agreement_key, place_key: hashes; agreement_key with the
-- tenant's leads to the contract. contract_*: of what contracts can depend on, what one does depend on.
CREATE TABLE IF NOT EXISTS ledger_batch
(
    span UInt64 COMMENT 'a hash of trace and span id',
    ingested_at DateTime64(6, 'UTC') COMMENT 'as in `llm_spans`',
    price_key UInt64 COMMENT 'what the price is looked up by: a hash',
    agreement_key UInt64 COMMENT 'with the hash of the tenant, what the contract is looked up by: a hash',
    place_moment DateTime('UTC') COMMENT 'the start of the hour, or of the minute where a power contract begins within one',
    own_machine UInt8 COMMENT '1: its provider runs on the user\'s own machines (`runs` = `server`), or the configuration names its provider or host as own',
    place_key UInt64 COMMENT 'provider, region, moment and whether on an own machine: a hash',
    contract_region LowCardinality(String) COMMENT 'the region, where a contract depends on it',
    contract_account LowCardinality(String) COMMENT 'the account, where a contract depends on it',
    contract_environment LowCardinality(String) COMMENT 'the environment, where a contract depends on it',
    trace_id String COMMENT 'as in `llm_spans`',
    span_id String COMMENT 'as in `llm_spans`',
    ts DateTime64(9, 'UTC') COMMENT 'as in `llm_spans`',
    duration_ms Float64 COMMENT 'as in `llm_spans`',
    service_name LowCardinality(String) COMMENT 'as in `llm_spans`',
    environment LowCardinality(String) COMMENT 'as in `llm_spans`',
    scope_name LowCardinality(String) COMMENT 'as in `llm_spans`',
    dialect LowCardinality(String) COMMENT 'as in `llm_spans`',
    tenant_id LowCardinality(String) COMMENT 'as in `llm_spans`',
    tenant_source LowCardinality(String) COMMENT 'as in `llm_spans`',
    user_id String COMMENT 'as in `llm_spans`',
    session_id String COMMENT 'as in `llm_spans`',
    feature LowCardinality(String) COMMENT 'as in `llm_spans`',
    workflow LowCardinality(String) COMMENT 'as in `llm_spans`',
    run_id String COMMENT 'as in `llm_spans`',
    cost_center LowCardinality(String) COMMENT 'as in `llm_spans`',
    dimensions Map(LowCardinality(String), String) COMMENT 'of `attribution_raw`, what else `attribution(name=...)` says',
    provider LowCardinality(String) COMMENT 'as in `llm_spans`',
    request_model LowCardinality(String) COMMENT 'as in `llm_spans`',
    response_model LowCardinality(String) COMMENT 'as in `llm_spans`',
    operation LowCardinality(String) COMMENT 'as in `llm_spans`',
    streaming UInt8 COMMENT 'as in `llm_spans`',
    ttft_ms Nullable(Float64) COMMENT 'as in `llm_spans`',
    status LowCardinality(String) COMMENT 'as in `llm_spans`',
    error_type LowCardinality(String) COMMENT 'as in `llm_spans`',
    finish_reason LowCardinality(String) COMMENT 'as in `llm_spans`',
    response_id String COMMENT 'as in `llm_spans`',
    service_tier LowCardinality(String) COMMENT 'as in `llm_spans`',
    cloud_region LowCardinality(String) COMMENT 'as in `llm_spans`',
    input_tokens UInt64 COMMENT 'as in `llm_spans`; usage as it is believed',
    cache_read_tokens UInt64 COMMENT 'as in `llm_spans`; usage as it is believed',
    cache_write_tokens UInt64 COMMENT 'as in `llm_spans`; usage as it is believed',
    cache_write_1h_tokens UInt64 COMMENT 'as in `llm_spans`; usage as it is believed',
    output_tokens UInt64 COMMENT 'as in `llm_spans`; usage as it is believed',
    reasoning_tokens UInt64 COMMENT 'as in `llm_spans`; usage as it is believed',
    usage_source LowCardinality(String) COMMENT 'as in `llm_spans`; usage as it is believed',
    usage_note LowCardinality(String) COMMENT 'as in `llm_spans`',
    input_audio_tokens UInt64 COMMENT 'as in `llm_spans`; usage as it is believed',
    output_audio_tokens UInt64 COMMENT 'as in `llm_spans`; usage as it is believed',
    web_searches UInt32 COMMENT 'as in `llm_spans`',
    input_image_tokens UInt64 COMMENT 'as in `llm_spans`',
    output_image_tokens UInt64 COMMENT 'as in `llm_spans`',
    cache_read_image_tokens UInt64 COMMENT 'as in `llm_spans`',
    cache_read_audio_tokens UInt64 COMMENT 'as in `llm_spans`',
    input_video_tokens UInt64 COMMENT 'as in `llm_spans`',
    citation_tokens UInt64 COMMENT 'as in `llm_spans`',
    other_units String COMMENT 'as in `llm_spans`',
    reported_cost Nullable(Float64) COMMENT 'as in `llm_spans`',
    inference_geo LowCardinality(String) COMMENT 'as in `llm_spans`',
    vendor_unit LowCardinality(String) COMMENT 'as in `llm_spans`',
    vendor_quantity Decimal(18, 6) COMMENT 'as in `llm_spans`',
    speed LowCardinality(String) COMMENT 'as in `llm_spans`',
    provider_account LowCardinality(String) COMMENT 'as in `llm_spans`',
    host_name LowCardinality(String) COMMENT 'as in `llm_spans`',
    signal LowCardinality(String) DEFAULT 'span' COMMENT 'as in `llm_spans`',
    granularity LowCardinality(String) DEFAULT 'call' COMMENT 'as in `llm_spans`',
    calls Nullable(UInt64) DEFAULT 1 COMMENT 'as in `llm_spans`',
    agent LowCardinality(String) COMMENT 'as in `llm_spans`'
)
ENGINE = Memory;

-- 2: which report of a call counts, and what its other reports and the tenant rules say of whose it is. Most calls have
-- no row, and count.
CREATE TABLE IF NOT EXISTS ledger_verdicts
(
    span UInt64 COMMENT 'a hash of trace and span id',
    counted UInt8 COMMENT '1: this report of the call counts',
    counted_reason String COMMENT 'why not',
    tenant_id LowCardinality(String) COMMENT 'what other reports of the call say; empty where nothing',
    tenant_source LowCardinality(String) COMMENT 'what other reports of the call say; empty where nothing',
    user_id String COMMENT 'what other reports of the call say; empty where nothing',
    session_id String COMMENT 'what other reports of the call say; empty where nothing',
    feature LowCardinality(String) COMMENT 'what other reports of the call say; empty where nothing',
    rule_tenant_id LowCardinality(String) COMMENT 'what the tenant rules say; empty where nothing',
    rule_source LowCardinality(String) COMMENT 'which rule said so',
    rule_goes_first UInt8 COMMENT '1: the rule goes before the span'
)
ENGINE = Memory;

-- 3: for each price_key and date, the list price in force from then on, and the energy entry. steps: the prices of each
-- step, the base price first; USD for one. other_*: the bounds of the energy method that is not the ledger's.
CREATE TABLE IF NOT EXISTS ledger_models
(
    price_key UInt64 COMMENT 'what the price is looked up by: a hash',
    free UInt8 COMMENT '1: declared free by the user',
    price_id String COMMENT 'the price entry; empty where there is none',
    valid_from DateTime64(9, 'UTC') COMMENT 'from when on the row holds, UTC',
    token_priced Nullable(UInt8) COMMENT '1: tokens or requests have a price',
    text_priced LowCardinality(String) COMMENT 'classes of audio and images that the entry prices as text, with spaces between them',
    unit_price Decimal(38, 22) COMMENT 'USD for one of the unit that the call used',
    unit_known UInt8 COMMENT '1: the entry has a price for that unit',
    unit_minimum_cost Nullable(Decimal(38, 22)) COMMENT 'the least that any use of units costs, USD',
    other_charge Decimal(38, 22) COMMENT 'what those of the call\'s other_units cost that the entry has a price for, USD',
    others_unpriced String COMMENT 'where they cost something: those that it has no price for',
    tier_starts Array(UInt64) COMMENT 'prompts above so many tokens pay the next step',
    window_starts Array(UInt32) COMMENT 'from which second of the UTC day the next part holds',
    steps Array(Tuple(
        input Decimal(38, 22), input_audio Decimal(38, 22), cache_read Decimal(38, 22), cache_write Decimal(38, 22),
        cache_write_1h Decimal(38, 22), output Decimal(38, 22), output_audio Decimal(38, 22), reasoning Decimal(38, 22),
        search Decimal(38, 22), request Decimal(38, 22), input_image Decimal(38, 22), output_image Decimal(38, 22),
        cache_read_audio Decimal(38, 22), cache_read_image Decimal(38, 22), input_video Decimal(38, 22)))
        COMMENT 'the prices of each step by class, the base price first; USD for one',
    unpriced_terms String COMMENT 'the tier and the speed that the call had, and for which the entry has no price of its own',
    geo_priced Nullable(UInt8) COMMENT '1: the price is that of where the model ran',
    energy_id Nullable(String) COMMENT 'as in `energy_model`',
    energy_method LowCardinality(Nullable(String)) COMMENT 'as in `energy_model`',
    wh_per_output_token_low Nullable(Float64) COMMENT 'as in `energy_model`',
    wh_per_output_token Nullable(Float64) COMMENT 'as in `energy_model`',
    wh_per_output_token_high Nullable(Float64) COMMENT 'as in `energy_model`',
    wh_per_input_token_low Nullable(Float64) COMMENT 'as in `energy_model`',
    wh_per_input_token Nullable(Float64) COMMENT 'as in `energy_model`',
    wh_per_input_token_high Nullable(Float64) COMMENT 'as in `energy_model`',
    wh_per_cache_read_token_low Nullable(Float64) COMMENT 'as in `energy_model`',
    wh_per_cache_read_token Nullable(Float64) COMMENT 'as in `energy_model`',
    wh_per_cache_read_token_high Nullable(Float64) COMMENT 'as in `energy_model`',
    wh_per_request_low Nullable(Float64) COMMENT 'as in `energy_model`',
    wh_per_request Nullable(Float64) COMMENT 'as in `energy_model`',
    wh_per_request_high Nullable(Float64) COMMENT 'as in `energy_model`',
    wh_per_second_low Nullable(Float64) COMMENT 'as in `energy_model`',
    wh_per_second_high Nullable(Float64) COMMENT 'as in `energy_model`',
    seconds_per_output_token_low Nullable(Float64) COMMENT 'as in `energy_model`',
    seconds_per_output_token_high Nullable(Float64) COMMENT 'as in `energy_model`',
    seconds_per_request Nullable(Float64) COMMENT 'as in `energy_model`',
    embodied_g_per_output_token Nullable(Float64) COMMENT 'as in `energy_model`',
    embodied_g_per_request Nullable(Float64) COMMENT 'as in `energy_model`',
    embodied_g_per_input_token Nullable(Float64) COMMENT 'as in `energy_model`',
    embodied_g_per_second_low Nullable(Float64) COMMENT 'as in `energy_model`',
    embodied_g_per_second_high Nullable(Float64) COMMENT 'as in `energy_model`',
    pue_low Nullable(Float64) COMMENT 'as in `energy_model`',
    pue Nullable(Float64) COMMENT 'as in `energy_model`',
    pue_high Nullable(Float64) COMMENT 'as in `energy_model`',
    l_per_kwh_low Nullable(Float64) COMMENT 'as in `energy_model`',
    l_per_kwh Nullable(Float64) COMMENT 'as in `energy_model`',
    l_per_kwh_high Nullable(Float64) COMMENT 'as in `energy_model`',
    central_is_mean Nullable(UInt8) COMMENT 'as in `energy_model`',
    other_pue_low Float64 COMMENT 'of the energy method that is not the ledger\'s',
    other_pue_high Float64 COMMENT 'of the energy method that is not the ledger\'s',
    other_wh_per_output_token_low Float64 COMMENT 'of the energy method that is not the ledger\'s',
    other_wh_per_output_token_high Float64 COMMENT 'of the energy method that is not the ledger\'s',
    other_wh_per_input_token_low Float64 COMMENT 'of the energy method that is not the ledger\'s',
    other_wh_per_input_token_high Float64 COMMENT 'of the energy method that is not the ledger\'s',
    other_wh_per_cache_read_token_low Float64 COMMENT 'of the energy method that is not the ledger\'s',
    other_wh_per_cache_read_token_high Float64 COMMENT 'of the energy method that is not the ledger\'s',
    other_wh_per_request_low Float64 COMMENT 'of the energy method that is not the ledger\'s',
    other_wh_per_request_high Float64 COMMENT 'of the energy method that is not the ledger\'s'
)
ENGINE = Memory;

-- 4: for each contract_key and date, the price of the contract that applies from then on; price_id '' where none does.
CREATE TABLE IF NOT EXISTS ledger_contracts
(
    contract_key UInt64 COMMENT 'agreement_key and tenant: a hash',
    valid_from DateTime64(9, 'UTC') COMMENT 'from when on the row holds, UTC',
    price_id String COMMENT 'the price entry; empty where there is none',
    token_priced Nullable(UInt8) COMMENT '1: tokens or requests have a price',
    text_priced LowCardinality(String) COMMENT 'classes of audio and images that the entry prices as text, with spaces between them',
    unit_price Decimal(38, 22) COMMENT 'USD for one of the unit that the call used',
    unit_known UInt8 COMMENT '1: the entry has a price for that unit',
    unit_minimum_cost Nullable(Decimal(38, 22)) COMMENT 'the least that any use of units costs, USD',
    other_charge Decimal(38, 22) COMMENT 'what those of the call\'s other_units cost that the entry has a price for, USD',
    others_unpriced String COMMENT 'where they cost something: those that it has no price for',
    tier_starts Array(UInt64) COMMENT 'prompts above so many tokens pay the next step',
    window_starts Array(UInt32) COMMENT 'from which second of the UTC day the next part holds',
    steps Array(Tuple(
        input Decimal(38, 22), input_audio Decimal(38, 22), cache_read Decimal(38, 22), cache_write Decimal(38, 22),
        cache_write_1h Decimal(38, 22), output Decimal(38, 22), output_audio Decimal(38, 22), reasoning Decimal(38, 22),
        search Decimal(38, 22), request Decimal(38, 22), input_image Decimal(38, 22), output_image Decimal(38, 22),
        cache_read_audio Decimal(38, 22), cache_read_image Decimal(38, 22), input_video Decimal(38, 22)))
        COMMENT 'the prices of each step by class, the base price first; USD for one'
)
ENGINE = Memory;

-- 5: what the host's samples say of a call: Wh at the host. Most calls have no row.
CREATE TABLE IF NOT EXISTS ledger_measured
(
    span UInt64 COMMENT 'a hash of trace and span id',
    host_name LowCardinality(String) COMMENT 'the host',
    wh Float64 COMMENT 'at the host, Wh',
    wh_low Float64 COMMENT 'lower bound, Wh',
    wh_high Float64 COMMENT 'upper bound, Wh',
    pue Nullable(Float64) COMMENT 'of the place where the host stands; NULL where that is the provider\'s',
    provider LowCardinality(String) COMMENT 'as in `ledger_batch`',
    cloud_region LowCardinality(String) COMMENT 'of the call, else of its host',
    place_moment DateTime('UTC') COMMENT 'as in `ledger_batch`',
    place_key UInt64 COMMENT 'as in `ledger_places`'
)
ENGINE = Memory;

-- 6: provider x region x hour: grid intensity, the data centre's overhead and water, and the contracts for power.
CREATE TABLE IF NOT EXISTS ledger_places
(
    provider LowCardinality(String) COMMENT 'where calls ran',
    cloud_region LowCardinality(String) COMMENT 'where calls ran',
    hour DateTime('UTC') COMMENT 'its start, UTC',
    place_key UInt64 COMMENT 'provider, region, moment and whether on an own machine: a hash',
    resolution LowCardinality(String) COMMENT 'how exact the intensity is: hour, previous day, month, year or unknown',
    zone LowCardinality(String) COMMENT 'the grid zone; the source tells where its country''s value stands in',
    g_per_kwh Nullable(Float64) COMMENT 'intensity, gCO2e/kWh',
    source String COMMENT 'of the intensity',
    pue_low Nullable(Float64) COMMENT 'as in `facility`',
    pue Nullable(Float64) COMMENT 'as in `facility`',
    pue_high Nullable(Float64) COMMENT 'as in `facility`',
    l_per_kwh_low Nullable(Float64) COMMENT 'water at the data centre, l/kWh',
    l_per_kwh Nullable(Float64) COMMENT 'water at the data centre, l/kWh',
    l_per_kwh_high Nullable(Float64) COMMENT 'water at the data centre, l/kWh',
    grid_l_per_kwh Nullable(Float64) COMMENT 'water that power plants use, l/kWh',
    market_g_per_kwh Nullable(Float64) COMMENT 'market-based intensity, gCO2e/kWh',
    market_source String COMMENT 'the instruments that it rests on'
)
ENGINE = Memory;

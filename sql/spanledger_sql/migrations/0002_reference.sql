-- Reference data: what a token costs, what it draws, and what a kilowatt-hour emits.

-- The prices of one model in one price book from `valid_from` on, one wide row. USD per token.
-- With context tiers, `tier_starts` holds the thresholds (exclusive, whole prompt in tokens) in ascending order
-- and each `tier_*` array the price above the threshold at the same place.
CREATE TABLE price_list
(
    price_id String,
    book LowCardinality(String),
    provider LowCardinality(String),
    model String,
    valid_from DateTime64(9, 'UTC'),
    currency LowCardinality(String),
    input_price Decimal(18, 12),
    cache_read_price Decimal(18, 12),
    cache_write_price Decimal(18, 12),
    cache_write_1h_price Decimal(18, 12),
    output_price Decimal(18, 12),
    request_price Decimal(18, 12),
    tier_starts Array(UInt64),
    tier_input_prices Array(Decimal(18, 12)),
    tier_cache_read_prices Array(Decimal(18, 12)),
    tier_cache_write_prices Array(Decimal(18, 12)),
    tier_cache_write_1h_prices Array(Decimal(18, 12)),
    tier_output_prices Array(Decimal(18, 12)),
    source String,
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(loaded_at)
ORDER BY (book, provider, model, valid_from);

-- Energy coefficients of a model. Facility energy (PUE included):
-- Wh = wh_per_output_token x output tokens + wh_per_request; embodied emissions alike, in gCO2e.
CREATE TABLE energy_model
(
    energy_id String,
    method LowCardinality(String),
    provider LowCardinality(String),
    model String,
    wh_per_output_token_low Float64,
    wh_per_output_token Float64,
    wh_per_output_token_high Float64,
    wh_per_request_low Float64,
    wh_per_request Float64,
    wh_per_request_high Float64,
    embodied_g_per_output_token Float64,
    embodied_g_per_request Float64,
    source String,
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(loaded_at)
ORDER BY energy_id;

-- Which price entry and which energy entry a reported (provider, request model, response model) means.
-- An empty id says that none was found, and `note` why.
CREATE TABLE model_resolution
(
    provider LowCardinality(String),
    request_model LowCardinality(String),
    response_model LowCardinality(String),
    price_provider LowCardinality(String),
    price_model String,
    energy_id String,
    note String,
    resolved_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(resolved_at)
ORDER BY (provider, request_model, response_model);

-- Where a call ran: a provider and the cloud region its span names, or '' -> a grid zone, and the country whose
-- yearly mean stands in where the zone has no hourly value.
CREATE TABLE grid_zone
(
    provider LowCardinality(String),
    cloud_region LowCardinality(String),
    zone LowCardinality(String),
    country LowCardinality(String),
    source String,
    resolved_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(resolved_at)
ORDER BY (provider, cloud_region);

-- A zone's carbon intensity over one hour (resolution 'hour') or one year (resolution 'year'), in gCO2e/kWh.
-- signal: 'average' or 'marginal'. basis: 'lifecycle' or 'direct'. quality: 'measured', 'estimated', 'forecast'
-- or 'yearly mean'.
CREATE TABLE grid_intensity
(
    zone LowCardinality(String),
    resolution LowCardinality(String),
    signal LowCardinality(String),
    basis LowCardinality(String),
    ts DateTime('UTC'),
    g_per_kwh Float64,
    quality LowCardinality(String),
    source LowCardinality(String),
    imported_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(imported_at)
ORDER BY (resolution, signal, basis, zone, ts);

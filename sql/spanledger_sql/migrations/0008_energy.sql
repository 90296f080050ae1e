-- Energy by more than one method: what a model draws for input and cached tokens, the overhead and water of data
-- centres, measured hosts, and who was allotted their energy.

-- Wh = wh_per_output_token x output + wh_per_input_token x uncached input + wh_per_cache_read_token x cache reads
--     + wh_per_request - wh_per_second x seconds by which the call was shorter than
--     seconds_per_output_token x output + seconds_per_request.
-- Facility energy: the PUE that it contains is in pue. l_per_kwh: water on site, litres per kWh at the facility.
-- central_is_mean: 1 where the central value is the middle of the bounds.
ALTER TABLE energy_model
    ADD COLUMN wh_per_input_token_low Float64,
    ADD COLUMN wh_per_input_token Float64,
    ADD COLUMN wh_per_input_token_high Float64,
    ADD COLUMN wh_per_cache_read_token_low Float64,
    ADD COLUMN wh_per_cache_read_token Float64,
    ADD COLUMN wh_per_cache_read_token_high Float64,
    ADD COLUMN wh_per_second_low Float64,
    ADD COLUMN wh_per_second_high Float64,
    ADD COLUMN seconds_per_output_token_low Float64,
    ADD COLUMN seconds_per_output_token_high Float64,
    ADD COLUMN seconds_per_request Float64,
    ADD COLUMN embodied_g_per_second_low Float64,
    ADD COLUMN embodied_g_per_second_high Float64,
    ADD COLUMN pue_low Float64,
    ADD COLUMN pue Float64,
    ADD COLUMN pue_high Float64,
    ADD COLUMN l_per_kwh_low Float64,
    ADD COLUMN l_per_kwh Float64,
    ADD COLUMN l_per_kwh_high Float64,
    ADD COLUMN central_is_mean UInt8;

-- Models whose energy nobody knew are looked up again: their size or price class may stand in.
ALTER TABLE model_resolution DELETE WHERE energy_id = '' SETTINGS mutations_sync = 1;

-- Overhead and water of the data centres of a provider, or of one of its regions ('' is all of them), as the user
-- gives them. PUE: facility energy / IT energy. WUE: litres per kWh of IT energy; NULL is unknown.
CREATE TABLE energy_facility
(
    provider LowCardinality(String),
    cloud_region LowCardinality(String),
    pue_low Float64,
    pue Float64,
    pue_high Float64,
    wue_low Nullable(Float64),
    wue Nullable(Float64),
    wue_high Nullable(Float64),
    source String,
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(loaded_at)
ORDER BY (provider, cloud_region);

-- Water that a country's power plants use, in litres per kWh that they deliver.
CREATE TABLE grid_water
(
    zone LowCardinality(String),
    l_per_kwh Float64,
    source String,
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(loaded_at)
ORDER BY zone;

-- What a host drew over an interval, in Wh at the host, without the data centre's overhead.
-- *_source: how each part was got, such as 'rapl', 'nvml' or 'estimate'.
CREATE TABLE energy_sample
(
    ingested_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    host_name LowCardinality(String),
    cloud_provider LowCardinality(String),
    cloud_region LowCardinality(String),
    started_at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    ended_at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    wh Float64,
    cpu_wh Float64,
    gpu_wh Float64,
    ram_wh Float64,
    cpu_source LowCardinality(String),
    gpu_source LowCardinality(String),
    ram_source LowCardinality(String)
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYYYYMM(started_at)
ORDER BY (host_name, toStartOfHour(started_at), trace_id, span_id)
SETTINGS non_replicated_deduplication_window = 1000;

-- How a host's energy of one UTC hour was shared out: a row for each call that got some, and one with an empty
-- span_id for what no call got (idle). The rows of a host and hour with the highest version sum to its samples.
-- Wh at the host. tenant_id: of the idle energy's owner, where the policy names one.
CREATE TABLE energy_allocation
(
    host_name LowCardinality(String),
    hour DateTime('UTC'),
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    ts DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    tenant_id LowCardinality(String),
    cloud_region LowCardinality(String),
    wh Float64,
    wh_low Float64,
    wh_high Float64,
    samples UInt32,
    policy LowCardinality(String),
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(hour)
ORDER BY (host_name, hour, trace_id, span_id);

-- Whose a host is and how its idle energy is booked: 'own' (a line of its own), 'shared' (by the hour's calls) or
-- 'owner' (a line of the owner's). pue: of the place it stands in, NULL where that is the provider's.
CREATE TABLE energy_host
(
    host_name LowCardinality(String),
    idle_policy LowCardinality(String),
    owner LowCardinality(String),
    pue Nullable(Float64),
    source String,
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(loaded_at)
ORDER BY host_name;

-- pue: contained in energy_wh. water_l_per_kwh: on site and at the power plants, per kWh at the facility.
ALTER TABLE ledger
    ADD COLUMN pue Nullable(Float64),
    ADD COLUMN water_l_per_kwh Nullable(Float64);

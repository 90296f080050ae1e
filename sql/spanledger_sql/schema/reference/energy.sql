-- What a model draws, what a data centre adds, and what hosts drew by measurement.

-- Energy coefficients of a model. Facility energy: the PUE that it contains is in pue.
-- Wh = wh_per_output_token x output + wh_per_input_token x uncached input + wh_per_cache_read_token x cache reads
--     + wh_per_request - wh_per_second x seconds by which the call was shorter than
--     seconds_per_output_token x output + seconds_per_request; embodied emissions alike, in gCO2e.
CREATE TABLE IF NOT EXISTS energy_model
(
    energy_id String COMMENT '`ecologits/maker/model`, `token-aware/...`, `prefill/...`, `own/...` or `proxy/class`',
    method LowCardinality(String) COMMENT '`ecologits`, `token-aware`, `prefill`, `own` or `proxy`',
    provider LowCardinality(String) COMMENT 'the model''s maker',
    model String COMMENT 'as its maker or the user names it',
    wh_per_output_token_low Float64 COMMENT 'Wh at the facility per output token, lower bound',
    wh_per_output_token Float64 COMMENT 'Wh at the facility per output token',
    wh_per_output_token_high Float64 COMMENT 'Wh at the facility per output token, upper bound',
    wh_per_request_low Float64 COMMENT 'Wh at the facility per call, lower bound',
    wh_per_request Float64 COMMENT 'Wh at the facility per call',
    wh_per_request_high Float64 COMMENT 'Wh at the facility per call, upper bound',
    embodied_g_per_output_token Float64 COMMENT 'the hardware''s share per output token, gCO2e',
    embodied_g_per_request Float64 COMMENT 'the hardware''s share per call, gCO2e',
    source String COMMENT 'the publication or the file, with its version',
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when the row was written, UTC',
    wh_per_input_token_low Float64 COMMENT 'Wh at the facility per uncached input token, lower bound',
    wh_per_input_token Float64 COMMENT 'Wh at the facility per uncached input token',
    wh_per_input_token_high Float64 COMMENT 'Wh at the facility per uncached input token, upper bound',
    wh_per_cache_read_token_low Float64 COMMENT 'Wh at the facility per token read from the cache, lower bound',
    wh_per_cache_read_token Float64 COMMENT 'Wh at the facility per token read from the cache',
    wh_per_cache_read_token_high Float64 COMMENT 'Wh at the facility per token read from the cache, upper bound',
    wh_per_second_low Float64
        COMMENT 'Wh at the facility less, per second by which the call was shorter than modelled, lower bound',
    wh_per_second_high Float64
        COMMENT 'Wh at the facility less, per second by which the call was shorter than modelled, upper bound',
    seconds_per_output_token_low Float64 COMMENT 'modelled duration per output token, s, lower bound',
    seconds_per_output_token_high Float64 COMMENT 'modelled duration per output token, s, upper bound',
    seconds_per_request Float64 COMMENT 'modelled duration of a call before its first token, s',
    embodied_g_per_second_low Float64
        COMMENT 'the hardware''s share less, per second by which the call was shorter, gCO2e, lower bound',
    embodied_g_per_second_high Float64
        COMMENT 'the hardware''s share less, per second by which the call was shorter, gCO2e, upper bound',
    pue_low Float64 COMMENT 'facility energy / IT energy that the figures contain, lower bound',
    pue Float64 COMMENT 'facility energy / IT energy that the figures contain',
    pue_high Float64 COMMENT 'facility energy / IT energy that the figures contain, upper bound',
    l_per_kwh_low Float64 COMMENT 'water on site per kWh at the facility, l, lower bound',
    l_per_kwh Float64 COMMENT 'water on site per kWh at the facility, l',
    l_per_kwh_high Float64 COMMENT 'water on site per kWh at the facility, l, upper bound',
    central_is_mean UInt8 COMMENT '1: the central value is the middle of the bounds',
    embodied_g_per_input_token Float64 COMMENT 'the hardware''s share per uncached input token, gCO2e',
    uncertainty LowCardinality(String)
        COMMENT 'whose terms in `uncertainty` hold; empty: the bounds are a 90 % interval, as they stand',
    parameters_sigma Float64
        COMMENT 'standard deviation of the logarithm of the energy for not knowing the model''s parameters; 0: they are published'
)
ENGINE = ReplacingMergeTree(loaded_at)
ORDER BY energy_id;

-- How uncertain figures are, term by term: each is a factor whose logarithm is normal with mean 0, and which some calls
-- share. Reviewed rows of the file `files/reference/uncertainty.csv`.
CREATE TABLE IF NOT EXISTS uncertainty
(
    of LowCardinality(String) COMMENT 'an energy method, `grid` or `price`',
    term LowCardinality(String)
        COMMENT 'what is uncertain; of `grid` how near the intensity is to the hour; of `price` an upper bound of the energy',
    sigma Float64 COMMENT 'standard deviation of the logarithm',
    low Nullable(Float64) COMMENT 'the assumption''s 5 % end, where sigma follows from ends; NULL: it does not',
    high Nullable(Float64) COMMENT 'its 95 % end; NULL: sigma does not follow from ends',
    shared_by String COMMENT 'which calls err alike',
    source String COMMENT 'where it is from',
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when the row was written, UTC'
)
ENGINE = ReplacingMergeTree(loaded_at)
ORDER BY (of, term);

-- Overhead and water of the data centres of a provider, or of one of its regions, as the user gives them.
CREATE TABLE IF NOT EXISTS energy_facility
(
    provider LowCardinality(String) COMMENT 'as calls report it',
    cloud_region LowCardinality(String) COMMENT 'one of its regions; empty: all of them',
    pue_low Float64 COMMENT 'facility energy / IT energy, lower bound',
    pue Float64 COMMENT 'facility energy / IT energy',
    pue_high Float64 COMMENT 'facility energy / IT energy, upper bound',
    wue_low Nullable(Float64) COMMENT 'water per kWh of IT energy, l, lower bound; NULL: unknown',
    wue Nullable(Float64) COMMENT 'water per kWh of IT energy, l; NULL: unknown',
    wue_high Nullable(Float64) COMMENT 'water per kWh of IT energy, l, upper bound; NULL: unknown',
    source String COMMENT 'where the figures are from',
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when the row was written, UTC'
)
ENGINE = ReplacingMergeTree(loaded_at)
ORDER BY (provider, cloud_region);

-- What a host drew over an interval, in Wh at the host, without the data centre's overhead.
CREATE TABLE IF NOT EXISTS energy_sample
(
    ingested_at DateTime64(6, 'UTC') COMMENT 'when the sample was stored, UTC' CODEC(Delta, ZSTD(1)),
    trace_id String COMMENT 'of the span that brought it, lower-case hex' CODEC(ZSTD(1)),
    span_id String COMMENT 'of the span that brought it, lower-case hex' CODEC(ZSTD(1)),
    host_name LowCardinality(String) COMMENT 'what was measured',
    cloud_provider LowCardinality(String) COMMENT 'where the host stands; empty where the span does not say',
    cloud_region LowCardinality(String) COMMENT 'where the host stands; empty where the span does not say',
    started_at DateTime64(9, 'UTC') COMMENT 'begin of the interval, UTC' CODEC(Delta, ZSTD(1)),
    ended_at DateTime64(9, 'UTC') COMMENT 'end of the interval, UTC' CODEC(Delta, ZSTD(1)),
    wh Float64 COMMENT 'what the host drew in the interval, Wh, without the data centre''s overhead',
    cpu_wh Float64 COMMENT 'of it the processor, Wh',
    gpu_wh Float64 COMMENT 'of it the accelerators, Wh',
    ram_wh Float64 COMMENT 'of it the memory, Wh',
    cpu_source LowCardinality(String) COMMENT 'how that part was got, such as `rapl` or `estimate`',
    gpu_source LowCardinality(String) COMMENT 'how that part was got, such as `nvml`',
    ram_source LowCardinality(String) COMMENT 'how that part was got, such as `estimate`',
    flaw LowCardinality(String) COMMENT 'why it is no evidence, such as `negative` or `more than 50 kW`; empty: it is'
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYYYYMM(started_at)
ORDER BY (host_name, toStartOfHour(started_at), trace_id, span_id)
SETTINGS non_replicated_deduplication_window = 1000;

-- How a host's energy of one UTC hour was shared out: a row for each call that got some, and one with an empty span_id for
-- what no call got (idle). The rows of a host and hour with the highest version sum to its samples.
CREATE TABLE IF NOT EXISTS energy_allocation
(
    host_name LowCardinality(String) COMMENT 'whose energy',
    hour DateTime('UTC') COMMENT 'which hour''s, its start in UTC',
    trace_id String COMMENT 'of the call that got it, lower-case hex; empty: no call' CODEC(ZSTD(1)),
    span_id String COMMENT 'of the call that got it, lower-case hex; empty: idle, what no call got' CODEC(ZSTD(1)),
    ts DateTime64(9, 'UTC') COMMENT 'when the call started, UTC' CODEC(Delta, ZSTD(1)),
    tenant_id LowCardinality(String) COMMENT 'of the idle energy''s owner, where the policy names one',
    cloud_region LowCardinality(String) COMMENT 'where the host stands',
    wh Float64 COMMENT 'what it got, Wh at the host',
    wh_low Float64 COMMENT 'lower bound, Wh at the host',
    wh_high Float64 COMMENT 'upper bound, Wh at the host',
    samples UInt32 COMMENT 'how many samples of the hour there were',
    overlapping_samples UInt32 COMMENT 'of these, how many overlap others of the host: two machines or two meters',
    policy LowCardinality(String) COMMENT 'how idle energy was booked: `own`, `shared` or `owner`',
    version UInt64 COMMENT 'rows of a host and hour with the highest one are in force'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(hour)
ORDER BY (host_name, hour, trace_id, span_id);

-- Whose a host is and how its idle energy is booked.
CREATE TABLE IF NOT EXISTS energy_host
(
    host_name LowCardinality(String) COMMENT 'as its samples name it',
    idle_policy LowCardinality(String)
        COMMENT 'how its idle energy is booked: `own` (a line of its own), `shared` (by the hour''s calls) or `owner` (a line of the owner''s)',
    owner LowCardinality(String) COMMENT 'the tenant whose the host is; empty: nobody''s',
    pue Nullable(Float64) COMMENT 'facility energy / IT energy of the place it stands in; NULL: the provider''s',
    source String COMMENT 'the file that says so',
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when the row was written, UTC'
)
ENGINE = ReplacingMergeTree(loaded_at)
ORDER BY host_name;

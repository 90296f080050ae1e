-- What a kilowatt-hour emits and where it came from, and what contracts say of it.

-- Where a call ran: a provider and the cloud region its span names -> a grid zone.
CREATE TABLE IF NOT EXISTS grid_zone
(
    provider LowCardinality(String) COMMENT 'as calls report it',
    cloud_region LowCardinality(String) COMMENT 'as calls report it; empty: the call names none',
    zone LowCardinality(String) COMMENT 'the grid zone, as Electricity Maps names it',
    country LowCardinality(String) COMMENT 'whose yearly mean stands in where the zone has no hourly value',
    source String COMMENT 'by what it was found',
    resolved_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when it was found, UTC'
)
ENGINE = ReplacingMergeTree(resolved_at)
ORDER BY (provider, cloud_region);

-- A zone's carbon intensity over one hour or one year.
CREATE TABLE IF NOT EXISTS grid_intensity
(
    zone LowCardinality(String) COMMENT 'the grid zone, or a country',
    resolution LowCardinality(String) COMMENT '`hour` or `year`',
    signal LowCardinality(String) COMMENT '`average` or `marginal`',
    basis LowCardinality(String) COMMENT '`lifecycle` or `direct`',
    ts DateTime('UTC') COMMENT 'start of the hour or year, UTC',
    g_per_kwh Float64 COMMENT 'gCO2e/kWh',
    quality LowCardinality(String) COMMENT '`measured`, `estimated`, `forecast` or `yearly mean`',
    source LowCardinality(String) COMMENT 'who published it',
    imported_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when it was imported, UTC'
)
ENGINE = ReplacingMergeTree(imported_at)
ORDER BY (resolution, signal, basis, zone, ts);

-- One import of one zone's hours: a file, or one call of an API.
CREATE TABLE IF NOT EXISTS grid_import
(
    imported_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when it was imported, UTC',
    origin String COMMENT 'the file''s name, or the API',
    sha256 String COMMENT 'of the file, hex; empty of an API',
    zone LowCardinality(String) COMMENT 'the grid zone',
    signal LowCardinality(String) COMMENT '`average` or `marginal`',
    basis LowCardinality(String) COMMENT '`lifecycle` or `direct`',
    first_hour DateTime('UTC') COMMENT 'the first hour in it, its start in UTC',
    last_hour DateTime('UTC') COMMENT 'the last hour in it, its start in UTC',
    hours_new UInt32 COMMENT 'how many hours were not there before',
    hours_corrected UInt32 COMMENT 'how many hours had another value before',
    hours_unchanged UInt32 COMMENT 'how many hours were there already'
)
ENGINE = MergeTree
ORDER BY (imported_at, zone, signal, basis);

-- A value of an hour that a later import replaced: it was in force from `valid_since` to `corrected_at`.
CREATE TABLE IF NOT EXISTS grid_correction
(
    zone LowCardinality(String) COMMENT 'the grid zone',
    signal LowCardinality(String) COMMENT '`average` or `marginal`',
    basis LowCardinality(String) COMMENT '`lifecycle` or `direct`',
    ts DateTime('UTC') COMMENT 'start of the hour, UTC',
    g_per_kwh Float64 COMMENT 'the value that was replaced, gCO2e/kWh',
    quality LowCardinality(String) COMMENT 'the replaced value''s',
    source LowCardinality(String) COMMENT 'the replaced value''s',
    valid_since DateTime64(6, 'UTC') COMMENT 'when the value had come, UTC',
    corrected_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when it was replaced, UTC'
)
ENGINE = ReplacingMergeTree(corrected_at)
ORDER BY (signal, basis, zone, ts, valid_since);

-- Water that a country's power plants use.
CREATE TABLE IF NOT EXISTS grid_water
(
    zone LowCardinality(String) COMMENT 'a country',
    l_per_kwh Float64 COMMENT 'water that its power plants use per kWh that they deliver, l',
    source String COMMENT 'who published it',
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when the row was written, UTC'
)
ENGINE = ReplacingMergeTree(loaded_at)
ORDER BY zone;

-- What the user's contracts say of the power behind the calls, for market-based emissions: one instrument over a period.
CREATE TABLE IF NOT EXISTS grid_contract
(
    contract_id String COMMENT 'the instrument',
    kind LowCardinality(String) COMMENT '`certificate` (GO, REC, REGO, I-REC), `ppa`, `supplier factor` or `residual mix`',
    provider LowCardinality(String) COMMENT 'of the calls it is for; empty: of all',
    zone LowCardinality(String) COMMENT 'a grid zone, or a country for all of its zones',
    valid_from DateTime64(0, 'UTC') COMMENT 'begin of its period, UTC',
    valid_until DateTime64(0, 'UTC') COMMENT 'end of its period, UTC, exclusive',
    mwh Nullable(Float64)
        COMMENT 'its volume over the period, MWh; then the report on coverage accounts for it; NULL: a share is given',
    share Nullable(Float64)
        COMMENT 'the part of the consumption that it covers, 0 to 1, at once and at any hour; NULL: a volume is given',
    g_per_kwh Float64 COMMENT 'emissions of its power, gCO2e/kWh',
    source String COMMENT 'the file, or what the instrument is documented by',
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when the row was written, UTC'
)
ENGINE = ReplacingMergeTree(loaded_at)
ORDER BY (contract_id, zone, provider, valid_from);

-- What metered hosts drew while no call ran on them, and what that emitted: a row for each host and hour.
CREATE TABLE IF NOT EXISTS idle_energy
(
    host_name LowCardinality(String) COMMENT 'whose energy',
    hour DateTime('UTC') COMMENT 'which hour''s, its start in UTC',
    tenant_id LowCardinality(String) COMMENT 'of the owner that the host''s policy names; empty: nobody''s',
    idle_policy LowCardinality(String) COMMENT '`own`, `shared` or `owner`',
    cloud_region LowCardinality(String) COMMENT 'where the host stands',
    zone LowCardinality(String) COMMENT 'the grid zone',
    intensity_g_per_kwh Nullable(Float64) COMMENT 'location-based, gCO2e/kWh',
    intensity_source String COMMENT 'of the intensity',
    intensity_resolution LowCardinality(String) COMMENT 'as in `ledger`',
    market_g_per_kwh Nullable(Float64) COMMENT 'market-based, gCO2e/kWh',
    market_source String COMMENT 'the instruments that it rests on',
    pue Float64 COMMENT 'facility energy / IT energy',
    energy_wh Float64 COMMENT 'Wh at the facility',
    energy_wh_low Float64 COMMENT 'lower bound, Wh at the facility',
    energy_wh_high Float64 COMMENT 'upper bound, Wh at the facility',
    co2e_g Nullable(Float64) COMMENT 'of the operation, location-based, gCO2e',
    co2e_g_low Nullable(Float64) COMMENT 'lower bound, gCO2e',
    co2e_g_high Nullable(Float64) COMMENT 'upper bound, gCO2e',
    co2e_market_g Nullable(Float64) COMMENT 'of the operation, market-based, gCO2e',
    water_ml Nullable(Float64) COMMENT 'at the power plants, and on site where the user gave that, mL',
    version UInt64 COMMENT 'the highest is in force'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(hour)
ORDER BY (host_name, hour);

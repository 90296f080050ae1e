-- What the user's contracts say of the power behind the calls, for market-based emissions.

-- One instrument over a period. kind: 'certificate' (GO, REC, REGO, I-REC), 'ppa', 'supplier factor' or
-- 'residual mix'. zone: a grid zone, or a country for all of its zones. provider: of the calls it is for, '' for all.
-- g_per_kwh: emissions of its power. mwh: its volume over the period (then it is accounted for by the report on
-- coverage); else share: the part of the consumption that it covers, at once and at any hour.
CREATE TABLE grid_contract
(
    contract_id String,
    kind LowCardinality(String),
    provider LowCardinality(String),
    zone LowCardinality(String),
    valid_from DateTime64(0, 'UTC'),
    valid_until DateTime64(0, 'UTC'),
    mwh Nullable(Float64),
    share Nullable(Float64),
    g_per_kwh Float64,
    source String,
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(loaded_at)
ORDER BY (contract_id, zone, provider, valid_from);

-- The factor of co2e_market_g, and the instruments that it rests on.
ALTER TABLE ledger
    ADD COLUMN market_g_per_kwh Nullable(Float64),
    ADD COLUMN market_source LowCardinality(String);

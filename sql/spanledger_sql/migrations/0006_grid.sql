-- Where the hours of `grid_intensity` come from, and what they were before they were corrected.

-- One import of one zone's hours: a file, or one call of an API.
-- origin: the file's name or the API; sha256: of the file, in hex, else ''. Hours: how many were not there before,
-- replaced another value, or were there already.
CREATE TABLE grid_import
(
    imported_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),
    origin String,
    sha256 String,
    zone LowCardinality(String),
    signal LowCardinality(String),
    basis LowCardinality(String),
    first_hour DateTime('UTC'),
    last_hour DateTime('UTC'),
    hours_new UInt32,
    hours_corrected UInt32,
    hours_unchanged UInt32
)
ENGINE = MergeTree
ORDER BY (imported_at, zone, signal, basis);

-- A value of an hour that a later import replaced, in gCO2e/kWh: it was in force from `valid_since` to `corrected_at`.
CREATE TABLE grid_correction
(
    zone LowCardinality(String),
    signal LowCardinality(String),
    basis LowCardinality(String),
    ts DateTime('UTC'),
    g_per_kwh Float64,
    quality LowCardinality(String),
    source LowCardinality(String),
    valid_since DateTime64(6, 'UTC'),
    corrected_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(corrected_at)
ORDER BY (signal, basis, zone, ts, valid_since);

-- What sums of alike calls do not tell of settled hours of the ledger: whom their calls name, and which brought little. Both are taken
-- with the sums of an hour, and hold as long as these.
-- Needs: ledger

-- Which sessions, runs and users the calls of an hour name: hashes, told apart as long as no two names have the same one of 64 bits.
-- It lies by who pays, so that what is counted once is found together. Only rows of the latest `built` of `ledger_hour` hold; read
-- them through `named_hours`.
CREATE TABLE IF NOT EXISTS hour_names
(
    tenant_id LowCardinality(String) COMMENT 'as in `calls`',
    cost_center LowCardinality(String) COMMENT 'as in `calls`',
    feature LowCardinality(String) COMMENT 'as in `calls`',
    workflow LowCardinality(String) COMMENT 'as in `calls`',
    provider LowCardinality(String) COMMENT 'as in `calls`',
    model LowCardinality(String) COMMENT 'as in `calls`',
    begins DateTime('UTC') COMMENT 'start of the hour of `ts`, UTC' CODEC(Delta, ZSTD(1)),
    built UInt64 COMMENT 'of the same hour, what was taken together: rises' CODEC(Delta, ZSTD(1)),
    sessions Array(UInt64) COMMENT '`cityHash64(session_id)`, each once' CODEC(NONE),
    runs Array(UInt64) COMMENT '`cityHash64(run_id)`, each once' CODEC(NONE),
    users Array(UInt64) COMMENT '`cityHash64(user_id)`, each once' CODEC(NONE)
)
ENGINE = ReplacingMergeTree(built)
PARTITION BY toYYYYMM(begins)
ORDER BY (tenant_id, cost_center, feature, workflow, provider, model, begins);

-- The calls of an hour that brought little for what they cost. Only rows of the latest `built` of `ledger_hour` hold; read them through
-- `wasted_call`.
CREATE TABLE IF NOT EXISTS hour_waste
(
    begins DateTime('UTC') COMMENT 'start of the hour of `ts`, UTC' CODEC(Delta, ZSTD(1)),
    built UInt64 COMMENT 'of the same hour, what was taken together: rises' CODEC(Delta, ZSTD(1)),
    trace_id String COMMENT 'as in `calls`' CODEC(ZSTD(1)),
    span_id String COMMENT 'as in `calls`' CODEC(ZSTD(1)),
    waste LowCardinality(String) COMMENT '`failed`, `cut off`, `abandoned`, `tried again` or `missed cache`',
    tenant_id LowCardinality(String) COMMENT 'as in `calls`',
    feature LowCardinality(String) COMMENT 'as in `calls`',
    provider LowCardinality(String) COMMENT 'as in `calls`',
    model LowCardinality(String) COMMENT 'as in `calls`',
    known_calls UInt64 COMMENT 'as in `calls`',
    least_calls UInt64 COMMENT 'as in `calls`',
    cost Nullable(Decimal(38, 12)) COMMENT 'USD: contracted cost; of a missed discount what it would have been; NULL: unknown'
)
ENGINE = ReplacingMergeTree(built)
PARTITION BY toYYYYMM(begins)
ORDER BY (begins, trace_id, span_id);

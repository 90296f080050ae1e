-- Restatements: what was computed anew, when, by whom and why, and what that changed.

-- One run. scope: JSON. state: 'running', 'done', 'previewed' (a dry run) or 'abandoned' (a dry run that was killed).
-- owner: host and process that runs it, so that a killed one is told from one at work.
CREATE TABLE restatement
(
    restatement_id String,
    started_at DateTime64(6, 'UTC'),
    finished_at Nullable(DateTime64(6, 'UTC')),
    state LowCardinality(String),
    requested_by String,
    owner String,
    reason String,
    scope String,
    examined_calls UInt64,
    changed_calls UInt64,
    updated_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY restatement_id;

-- The calls of a run that is at work, in chunks of bounded size; gone once it has ended.
CREATE TABLE restatement_call
(
    restatement_id LowCardinality(String),
    chunk UInt32,
    ts DateTime64(9, 'UTC'),
    trace_id String,
    span_id String
)
ENGINE = MergeTree
PARTITION BY restatement_id
ORDER BY (chunk, trace_id, span_id);

-- How far a run is. state: 'counted' (its changes are in `restatement_total`), then 'done' (and in the ledger).
CREATE TABLE restatement_chunk
(
    restatement_id String,
    chunk UInt32,
    state LowCardinality(String),
    calls UInt64,
    changed_calls UInt64,
    updated_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (restatement_id, chunk);

-- The calls of one chunk whose row changes, with the figures of the row in force and of the new one. Costs in USD,
-- energy in Wh, emissions in gCO2e; NULL where unknown or not counted. fingerprint: of the new row.
CREATE TABLE restatement_change
(
    trace_id String,
    span_id String,
    month Date,
    fingerprint FixedString(16),
    old_tenant_id LowCardinality(String),
    new_tenant_id LowCardinality(String),
    old_counted UInt8,
    new_counted UInt8,
    old_list_cost Nullable(Decimal(18, 12)),
    new_list_cost Nullable(Decimal(18, 12)),
    old_contracted_cost Nullable(Decimal(18, 12)),
    new_contracted_cost Nullable(Decimal(18, 12)),
    old_energy_wh Nullable(Float64),
    new_energy_wh Nullable(Float64),
    old_co2e_g Nullable(Float64),
    new_co2e_g Nullable(Float64)
)
ENGINE = MergeTree
ORDER BY (trace_id, span_id);

-- What a run changed: sums over the calls whose row changed, before and after, by UTC month and tenant. A call that
-- went to another tenant is in both. Unknown figures are left out of sums and counted in the columns unknown_*.
CREATE TABLE restatement_total
(
    restatement_id String,
    chunk UInt32,
    month Date,
    tenant_id LowCardinality(String),
    old_calls UInt64,
    new_calls UInt64,
    old_list_cost Decimal(38, 12),
    new_list_cost Decimal(38, 12),
    old_contracted_cost Decimal(38, 12),
    new_contracted_cost Decimal(38, 12),
    old_unknown_cost_calls UInt64,
    new_unknown_cost_calls UInt64,
    old_energy_wh Float64,
    new_energy_wh Float64,
    old_co2e_g Float64,
    new_co2e_g Float64,
    recorded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(recorded_at)
ORDER BY (restatement_id, chunk, month, tenant_id);

-- A restatement finds its spans by their start, the worker by their ingestion.
ALTER TABLE llm_spans ADD INDEX ts_range ts TYPE minmax GRANULARITY 1;

ALTER TABLE llm_spans MATERIALIZE INDEX ts_range;

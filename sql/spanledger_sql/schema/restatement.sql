-- Restatements: what was computed anew, when, by whom and why, and what that changed.

-- One run.
CREATE TABLE IF NOT EXISTS restatement
(
    restatement_id String COMMENT 'the run',
    started_at DateTime64(6, 'UTC') COMMENT 'when it started, UTC',
    finished_at Nullable(DateTime64(6, 'UTC')) COMMENT 'when it ended, UTC; NULL: it has not',
    state LowCardinality(String)
        COMMENT '`planning`, `running`, then `done`, `cancelled` or `abandoned` (one that was killed before it wrote); of a dry run, while it lasts, `previewing` and `previewed`',
    requested_by String COMMENT 'who wanted it',
    owner String COMMENT 'host and process that runs it, so that a killed one is told from one at work; empty once it ended',
    reason String COMMENT 'why it was wanted',
    scope String COMMENT 'which calls, as JSON',
    examined_calls UInt64 COMMENT 'how many calls it computed anew',
    changed_calls UInt64 COMMENT 'how many of them came out otherwise',
    changed_outcomes UInt64 COMMENT 'how many outcomes are another tenant''s by it',
    updated_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when the row was written, UTC'
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY restatement_id;

-- The calls of a run that is at work, in chunks of bounded size; gone once it has ended.
CREATE TABLE IF NOT EXISTS restatement_call
(
    restatement_id LowCardinality(String) COMMENT 'the run',
    chunk UInt32 COMMENT 'its part, of bounded size',
    ts DateTime64(9, 'UTC') COMMENT 'when the call started, UTC',
    trace_id String COMMENT 'of the call, lower-case hex',
    span_id String COMMENT 'of the call, lower-case hex'
)
ENGINE = MergeTree
PARTITION BY restatement_id
ORDER BY (chunk, trace_id, span_id);

-- How far a run is.
CREATE TABLE IF NOT EXISTS restatement_chunk
(
    restatement_id String COMMENT 'the run',
    chunk UInt32 COMMENT 'its part',
    state LowCardinality(String) COMMENT '`counted` (its changes are in restatement_total), then `done` (and in the ledger)',
    calls UInt64 COMMENT 'how many calls it holds',
    changed_calls UInt64 COMMENT 'how many of them came out otherwise',
    updated_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when the row was written, UTC'
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (restatement_id, chunk);

-- The calls of one chunk whose row changes, with the figures of the row in force and of the new one.
CREATE TABLE IF NOT EXISTS restatement_change
(
    trace_id String COMMENT 'of the call, lower-case hex',
    span_id String COMMENT 'of the call, lower-case hex',
    month Date COMMENT 'UTC month of the call, its first day',
    fingerprint FixedString(16) COMMENT 'of the new row',
    old_tenant_id LowCardinality(String) COMMENT 'whose the call was',
    new_tenant_id LowCardinality(String) COMMENT 'whose it is now',
    old_counted UInt8 COMMENT '1: the report counted',
    new_counted UInt8 COMMENT '1: it counts now',
    old_list_cost Nullable(Decimal(18, 12)) COMMENT 'USD; NULL: unknown or not counted',
    new_list_cost Nullable(Decimal(18, 12)) COMMENT 'USD; NULL: unknown or not counted',
    old_contracted_cost Nullable(Decimal(18, 12)) COMMENT 'USD; NULL: unknown or not counted',
    new_contracted_cost Nullable(Decimal(18, 12)) COMMENT 'USD; NULL: unknown or not counted',
    old_energy_wh Nullable(Float64) COMMENT 'Wh at the facility; NULL: unknown or not counted',
    new_energy_wh Nullable(Float64) COMMENT 'Wh at the facility; NULL: unknown or not counted',
    old_co2e_g Nullable(Float64) COMMENT 'gCO2e; NULL: unknown or not counted',
    new_co2e_g Nullable(Float64) COMMENT 'gCO2e; NULL: unknown or not counted',
    calls Nullable(UInt64) COMMENT 'how many calls the row stands for; NULL: unknown'
)
ENGINE = MergeTree
ORDER BY (trace_id, span_id);

-- What a run changed: sums over the calls whose row changed, before and after, by UTC month and tenant. Unknown figures
-- are left out of sums; of costs the columns *_unknown_cost_calls count them.
CREATE TABLE IF NOT EXISTS restatement_total
(
    restatement_id String COMMENT 'the run',
    chunk UInt32 COMMENT 'its part',
    month Date COMMENT 'UTC month of the calls, its first day',
    tenant_id LowCardinality(String) COMMENT 'whose they are; a call that went to another tenant is in both',
    old_calls UInt64 COMMENT 'calls counted before',
    new_calls UInt64 COMMENT 'calls counted now',
    old_list_cost Decimal(38, 12) COMMENT 'USD, sum of what is known',
    new_list_cost Decimal(38, 12) COMMENT 'USD, sum of what is known',
    old_contracted_cost Decimal(38, 12) COMMENT 'USD, sum of what is known',
    new_contracted_cost Decimal(38, 12) COMMENT 'USD, sum of what is known',
    old_unknown_cost_calls UInt64 COMMENT 'calls that the old sums of costs leave out',
    new_unknown_cost_calls UInt64 COMMENT 'calls that the new sums of costs leave out',
    old_energy_wh Float64 COMMENT 'Wh at the facility, sum of what is known',
    new_energy_wh Float64 COMMENT 'Wh at the facility, sum of what is known',
    old_co2e_g Float64 COMMENT 'gCO2e, sum of what is known',
    new_co2e_g Float64 COMMENT 'gCO2e, sum of what is known',
    recorded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when the row was written, UTC'
)
ENGINE = ReplacingMergeTree(recorded_at)
ORDER BY (restatement_id, chunk, month, tenant_id);

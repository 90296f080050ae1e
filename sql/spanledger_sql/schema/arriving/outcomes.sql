-- What came of the work that calls were made for: as it was told, and whose it is.

-- One outcome, as an app said it or an evaluation found it: never its explanation. A row that comes twice is one. Whose it is by the
-- tenant rules is in `outcome`.
CREATE TABLE IF NOT EXISTS reported_outcome
(
    outcome_id String COMMENT 'a hash of what tells it from others' CODEC(ZSTD(1)),
    ts DateTime64(9, 'UTC') COMMENT 'when, UTC' CODEC(Delta, ZSTD(1)),
    name LowCardinality(String) COMMENT 'of what kind of result, such as `ticket_solved`',
    label LowCardinality(String) COMMENT 'a word for it, such as `pass`; empty: none',
    score Nullable(Float64) COMMENT 'on its own scale; NULL: none',
    good Nullable(UInt8) COMMENT '1: a good result, 0: none; NULL: neither it nor its label says',
    revenue Nullable(Decimal(38, 12)) COMMENT 'what it earns, USD; NULL: not told',
    tenant_id LowCardinality(String) COMMENT 'whose, as it says; `(unattributed)` where it does not',
    tenant_source LowCardinality(String) COMMENT 'what said so: `tenant.id`, the sender''s `token`, or `none`',
    feature LowCardinality(String) COMMENT 'as `attribution(feature=...)` says; empty: that of its calls counts',
    session_id String COMMENT 'of which session; empty: not told' CODEC(ZSTD(1)),
    run_id String COMMENT 'of which run; empty: not told' CODEC(ZSTD(1)),
    trace_id String COMMENT 'of which trace; lower-case hex; empty: not told' CODEC(ZSTD(1)),
    response_id String COMMENT 'of which answer, by the provider''s id; empty: not told' CODEC(ZSTD(1)),
    service_name LowCardinality(String) COMMENT 'who said it: `service.name` of the resource',
    signal LowCardinality(String) COMMENT '`span`: `record_outcome`; `event` of a span or `log`: OpenTelemetry''s `gen_ai.evaluation.result`',
    attribution_raw Map(LowCardinality(String), String)
        COMMENT 'attributes that may tell whose it is, as in `llm_spans`' CODEC(ZSTD(1)),
    ingested_at DateTime64(6, 'UTC') COMMENT 'when it was stored, UTC' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(ingested_at)
ORDER BY (toStartOfHour(ts), outcome_id);

-- One outcome, with whose it is: written by the worker once it has come, and anew by a restatement.
CREATE TABLE IF NOT EXISTS outcome
(
    outcome_id String COMMENT 'as in `reported_outcome`' CODEC(ZSTD(1)),
    ts DateTime64(9, 'UTC') COMMENT 'when, UTC' CODEC(Delta, ZSTD(1)),
    name LowCardinality(String) COMMENT 'of what kind of result, such as `ticket_solved`',
    label LowCardinality(String) COMMENT 'a word for it, such as `pass`; empty: none',
    score Nullable(Float64) COMMENT 'on its own scale; NULL: none',
    good Nullable(UInt8) COMMENT '1: a good result, 0: none; NULL: neither it nor its label says',
    revenue Nullable(Decimal(38, 12)) COMMENT 'what it earns, USD; NULL: not told',
    tenant_id LowCardinality(String) COMMENT 'whose; `(unattributed)` where neither it nor a rule that goes first says: that of its calls counts then',
    tenant_source LowCardinality(String) COMMENT 'what said so, such as `tenant.id` or `rule 2: service.name`; or `none`',
    rule_tenant_id LowCardinality(String) DEFAULT ''
        COMMENT 'whose by the rules for what says nothing: it counts where its calls have no tenant either; empty: none says',
    feature LowCardinality(String) COMMENT 'as `attribution(feature=...)` says; empty: that of its calls counts',
    session_id String COMMENT 'of which session; empty: not told' CODEC(ZSTD(1)),
    run_id String COMMENT 'of which run; empty: not told' CODEC(ZSTD(1)),
    trace_id String COMMENT 'of which trace; lower-case hex; empty: not told' CODEC(ZSTD(1)),
    response_id String COMMENT 'of which answer, by the provider''s id; empty: not told' CODEC(ZSTD(1)),
    service_name LowCardinality(String) COMMENT 'who said it: `service.name` of the resource',
    signal LowCardinality(String) COMMENT '`span`: `record_outcome`; `event` of a span or `log`: OpenTelemetry''s `gen_ai.evaluation.result`',
    restatement_id LowCardinality(String) COMMENT 'the restatement that wrote the row; empty: the worker did',
    ingested_at DateTime64(6, 'UTC') COMMENT 'when it was stored as it was told, UTC' CODEC(Delta, ZSTD(1)),
    attributed_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when the row was written, UTC' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(attributed_at)
ORDER BY (toStartOfHour(ts), outcome_id);

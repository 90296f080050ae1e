-- What came of the work that calls were made for.

-- One outcome, as an app said it or an evaluation found it: never its explanation. A row that comes twice is one.
CREATE TABLE IF NOT EXISTS outcome
(
    outcome_id String COMMENT 'a hash of what tells it from others' CODEC(ZSTD(1)),
    ts DateTime64(9, 'UTC') COMMENT 'when, UTC' CODEC(Delta, ZSTD(1)),
    name LowCardinality(String) COMMENT 'of what kind of result, such as `ticket_solved`',
    label LowCardinality(String) COMMENT 'a word for it, such as `pass`; empty: none',
    score Nullable(Float64) COMMENT 'on its own scale; NULL: none',
    good Nullable(UInt8) COMMENT '1: a good result, 0: none; NULL: neither it nor its label says',
    revenue Nullable(Decimal(38, 12)) COMMENT 'what it earns, USD; NULL: not told',
    tenant_id LowCardinality(String) COMMENT 'whose; `(unattributed)` where it does not say: that of its calls counts then',
    feature LowCardinality(String) COMMENT 'as `attribution(feature=...)` says; empty: that of its calls counts',
    session_id String COMMENT 'of which session; empty: not told' CODEC(ZSTD(1)),
    run_id String COMMENT 'of which run; empty: not told' CODEC(ZSTD(1)),
    trace_id String COMMENT 'of which trace; lower-case hex; empty: not told' CODEC(ZSTD(1)),
    response_id String COMMENT 'of which answer, by the provider''s id; empty: not told' CODEC(ZSTD(1)),
    service_name LowCardinality(String) COMMENT 'who said it: `service.name` of the resource',
    signal LowCardinality(String) COMMENT '`span`: `record_outcome`; `event` of a span or `log`: OpenTelemetry''s `gen_ai.evaluation.result`',
    ingested_at DateTime64(6, 'UTC') COMMENT 'when it was stored, UTC' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(ingested_at)
ORDER BY (toStartOfHour(ts), outcome_id);

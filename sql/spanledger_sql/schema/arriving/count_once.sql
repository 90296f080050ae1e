-- Which of several reports of one call counts.

-- Spans by what they may share with another report of the same call, so that the relatives of a new span are found
-- without reading the others.
CREATE TABLE IF NOT EXISTS call_key
(
    key UInt64 COMMENT 'a hash of the trace id, of the response id, or, for Logfire''s streams, of service, model and minute',
    span UInt64 COMMENT 'a hash of trace and span id',
    ingested_at DateTime64(6, 'UTC') COMMENT 'finds the span in llm_spans, UTC' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (key, span, ingested_at);

-- Which of the spans that report one call counts. A span that is not here counts, for itself.
CREATE TABLE IF NOT EXISTS call_verdict
(
    span UInt64 COMMENT 'a hash of trace and span id',
    trace_id String COMMENT 'lower-case hex, 32 digits' CODEC(ZSTD(1)),
    span_id String COMMENT 'lower-case hex, 16 digits' CODEC(ZSTD(1)),
    ingested_at DateTime64(6, 'UTC') COMMENT 'finds the span in llm_spans, UTC' CODEC(Delta, ZSTD(1)),
    counted UInt8 COMMENT '1: this report of the call counts',
    counted_reason String COMMENT 'why it does not',
    tenant_id LowCardinality(String)
        COMMENT 'the call''s, where another report names what the counted one does not, else empty; so are the next four',
    tenant_source LowCardinality(String) COMMENT 'the attribute that said whose the call is',
    user_id String COMMENT 'of the call',
    session_id String COMMENT 'of the call',
    feature LowCardinality(String) COMMENT 'of the call',
    version UInt64 COMMENT 'the worker''s batch that came to this',
    INDEX version_range version TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY span;

-- The model of a call whose span names none: the one that the other spans of its trace name.
CREATE TABLE IF NOT EXISTS call_model
(
    span UInt64 COMMENT 'a hash of trace and span id',
    trace_id String COMMENT 'lower-case hex, 32 digits' CODEC(ZSTD(1)),
    span_id String COMMENT 'lower-case hex, 16 digits' CODEC(ZSTD(1)),
    ingested_at DateTime64(6, 'UTC') COMMENT 'finds the span in llm_spans, UTC' CODEC(Delta, ZSTD(1)),
    model LowCardinality(String) COMMENT 'empty where they name several',
    version UInt64 COMMENT 'the worker''s batch that found it'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY span;

-- The worker's scratch paper, while it decides which spans report the same call: the keys of the batch's spans.
CREATE TABLE IF NOT EXISTS call_batch_key
(
    key UInt64 COMMENT 'as in `call_key`',
    span UInt64 COMMENT 'a hash of trace and span id',
    ingested_at DateTime64(6, 'UTC') COMMENT 'finds the span in llm_spans, UTC'
)
ENGINE = Memory;

-- Scratch paper: the spans it looks at.
CREATE TABLE IF NOT EXISTS call_candidate
(
    span UInt64 COMMENT 'a hash of trace and span id',
    trace_id String COMMENT 'lower-case hex, 32 digits',
    span_id String COMMENT 'lower-case hex, 16 digits',
    parent_span_id String COMMENT 'of the span around it, empty where there is none',
    ingested_at DateTime64(6, 'UTC') COMMENT 'finds the span in llm_spans, UTC',
    service_name String COMMENT 'of the span',
    begins DateTime64(9, 'UTC') COMMENT 'when the span started, UTC',
    ends DateTime64(9, 'UTC') COMMENT 'when the span ended, UTC',
    reporter String COMMENT 'the instrumentation; for the result of a Logfire stream with " stream" behind it',
    kind String COMMENT '`chat` for every operation that gives text, else the operation',
    model String COMMENT 'without what clouds put before it, and without its date',
    answered String COMMENT 'the model that answered, likewise; empty where the span does not say',
    response_id String COMMENT 'the provider''s id of the answer; empty where it is one that is known to repeat',
    failed UInt8 COMMENT '1: the span tells of an error',
    has_usage UInt8 COMMENT '1: the span tells tokens',
    input_tokens UInt64 COMMENT 'the whole prompt',
    output_tokens UInt64 COMMENT 'the answer, reasoning included',
    details UInt8 COMMENT 'how many classes of tokens, beyond input and output, it tells',
    tenant_id String COMMENT 'empty where no attribute says',
    tenant_source String COMMENT 'the attribute that said so',
    user_id String COMMENT 'of the span',
    session_id String COMMENT 'of the span',
    feature String COMMENT 'of the span',
    agent String COMMENT 'the coding agent whose call it is; empty where none is',
    answer_tokens UInt64 COMMENT 'the answer without reasoning, which some of an agent''s reports leave out',
    is_log UInt8 COMMENT '1: a log told of it'
)
ENGINE = Memory;

-- Scratch paper: which candidate's span is inside which other's.
CREATE TABLE IF NOT EXISTS call_inside
(
    inner_span UInt64 COMMENT 'hash of the span inside',
    outer_span UInt64 COMMENT 'hash of a span around it, however far'
)
ENGINE = Memory;

-- Scratch paper: which of them may report what the other does, or a part of it.
CREATE TABLE IF NOT EXISTS call_nesting
(
    inner_span UInt64 COMMENT 'hash of the span inside',
    outer_span UInt64 COMMENT 'hash of a span around it, however far'
)
ENGINE = Memory;

-- Scratch paper: where each candidate plays.
CREATE TABLE IF NOT EXISTS call_scene
(
    span UInt64 COMMENT 'a hash of trace and span id',
    scene String COMMENT 'the trace that the span plays in: its own, or that of the stream whose result it is',
    identity UInt64 COMMENT 'spans of one identity share a response id, and nothing that they tell speaks against one call'
)
ENGINE = Memory;

-- Scratch paper: which candidates report the same call.
CREATE TABLE IF NOT EXISTS call_label
(
    span UInt64 COMMENT 'a hash of trace and span id',
    step UInt8 COMMENT '1: by ids and equal tokens; 2: with the reports that tell no usage',
    label UInt64 COMMENT 'spans of one label report the same call'
)
ENGINE = Memory;

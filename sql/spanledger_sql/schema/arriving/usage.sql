-- Usage that providers and gateways counted, as they tell it: what no span, log or metric tells of it becomes rows of the ledger.

-- One line of a usage report: a bucket of calls of one model, key, project, workspace, user and tier; or one call.
CREATE TABLE IF NOT EXISTS usage_record
(
    record_id String COMMENT 'a hash of what tells the line from others, its counts apart: a report that comes again replaces it',
    source LowCardinality(String) COMMENT 'whose report: `openai`, `anthropic`, `openrouter`, `litellm`, `langfuse`, `helicone` or `bedrock`',
    granularity LowCardinality(String) COMMENT '`call`, `interval`, `hour` or `day`',
    begins DateTime64(3, 'UTC') COMMENT 'start of the bucket or of the call, UTC',
    ends DateTime64(3, 'UTC') COMMENT 'end of the bucket, UTC; of a call its start',
    provider LowCardinality(String) COMMENT 'who answered, by its OpenTelemetry name',
    model LowCardinality(String) COMMENT 'as the report names it',
    account String COMMENT 'the account or organization at the provider; empty where the report does not say',
    project String COMMENT 'the project or team; empty where the report does not say',
    workspace String COMMENT 'the workspace; empty where the report does not say',
    api_key String COMMENT 'the id or name of the key, never the key; empty where the report does not say',
    user_id String COMMENT 'the user; e-mail addresses by the setting `emails`',
    service_tier LowCardinality(String) COMMENT 'such as `batch`; empty: the usual one',
    speed LowCardinality(String) COMMENT 'the provider''s speed mode, such as `fast`; empty: the usual one',
    inference_geo LowCardinality(String) COMMENT 'where the provider says that it answered, such as `us`; empty where the report does not say',
    calls Nullable(UInt64) COMMENT 'how many; NULL: unknown',
    input_tokens UInt64 COMMENT 'cached tokens included',
    cache_read_tokens UInt64 COMMENT 'of `input_tokens`: read from the prompt cache',
    cache_write_tokens UInt64 COMMENT 'of `input_tokens`: written to it',
    cache_write_1h_tokens UInt64 COMMENT 'of `cache_write_tokens`: kept for an hour',
    output_tokens UInt64 COMMENT 'reasoning included',
    reasoning_tokens UInt64 COMMENT 'of `output_tokens`: reasoning',
    web_searches UInt32 COMMENT 'searches that the provider made, and bills',
    reported_cost Nullable(Float64) COMMENT 'what the report says that it cost, USD; NULL where it does not',
    file String COMMENT 'the name of the file it came from, without its folder',
    imported_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when, UTC'
)
ENGINE = ReplacingMergeTree(imported_at)
ORDER BY record_id;

-- Scratch paper: what of each bucket of usage nothing else tells.
CREATE TABLE IF NOT EXISTS usage_rest
(
    trace_id String COMMENT 'a hash of the bucket',
    span_id String COMMENT 'a hash of the bucket and of what is left of it',
    source String COMMENT 'as in `usage_record`',
    granularity String COMMENT '`interval`, `hour` or `day`',
    begins DateTime64(9, 'UTC') COMMENT 'as in `usage_record`; of calls their hour',
    provider String COMMENT 'as in `usage_record`',
    model String COMMENT 'as in `usage_record`',
    account String COMMENT 'as in `usage_record`',
    project String COMMENT 'as in `usage_record`',
    workspace String COMMENT 'as in `usage_record`',
    api_key String COMMENT 'as in `usage_record`',
    user_id String COMMENT 'as in `usage_record`',
    service_tier String COMMENT 'as in `usage_record`',
    speed String COMMENT 'as in `usage_record`',
    inference_geo String COMMENT 'as in `usage_record`',
    calls Nullable(UInt64) COMMENT 'what is left of the calls; NULL: unknown',
    input_tokens UInt64 COMMENT 'what is left of the input, cached tokens included',
    cache_read_tokens UInt64 COMMENT 'what is left of it',
    cache_write_tokens UInt64 COMMENT 'what is left of it',
    cache_write_1h_tokens UInt64 COMMENT 'what is left of it',
    output_tokens UInt64 COMMENT 'what is left of the output',
    reasoning_tokens UInt64 COMMENT 'what is left of the reasoning',
    web_searches UInt32 COMMENT 'what is left of the searches',
    reported_cost Nullable(Float64) COMMENT 'the part of what the report says that it cost, USD',
    touched UInt8 COMMENT '1: the bucket is looked at now'
)
ENGINE = Memory;

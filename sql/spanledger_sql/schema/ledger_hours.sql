-- The ledger by hour and day: what was written of each, and sums of those that have settled.
-- Needs: ledger

-- What was written of an hour of the ledger: each write adds to it, whoever makes it. Its sums hold as long as that count is what it
-- was when they were taken; until they are taken anew, its calls are read. Sums of a day hold as long as the counts of its hours add up
-- to what they did: those of UTC, and those of time zones in use, whose midnights are at full hours of UTC.
CREATE TABLE IF NOT EXISTS ledger_hour
(
    hours UInt8 COMMENT 'how long it is: 1, or 23 to 25 of a day',
    begins DateTime('UTC') COMMENT 'its start, UTC' CODEC(Delta, ZSTD(1)),
    written SimpleAggregateFunction(sum, UInt64) COMMENT 'of an hour: rows of the ledger that were written, or about to be: it only grows',
    strays SimpleAggregateFunction(sum, UInt64) COMMENT 'of them, of calls dated before 1970 or after 2105, for which hours are not exact',
    last_enriched_at SimpleAggregateFunction(max, DateTime64(6, 'UTC')) COMMENT 'the latest `enriched_at` of these rows, UTC',
    last_written_at SimpleAggregateFunction(max, DateTime64(6, 'UTC')) COMMENT 'when the last of them was written, UTC',
    summed SimpleAggregateFunction(max, Tuple(
        built UInt64, written UInt64, last_enriched_at DateTime64(6, 'UTC'), holds_from DateTime64(6, 'UTC'), left_out Array(String)))
        COMMENT 'its latest sums: `built` in `ledger_sum`; how much was written, of a day in all of its hours, and until when, just before they were taken, 0: they are to be taken anew; from when on they may be read, for a query that began before may not see all; and dimensions of one''s own that they do not tell apart, as these have too many values in an hour'
)
ENGINE = AggregatingMergeTree
ORDER BY (hours, begins);

-- Sums over alike calls of an hour or day: those that agree in all of these dimensions, and in which of their figures are
-- unknown or zero. A row can be read like one of the ledger that stands for many calls. Only rows of the latest `built` of
-- `ledger_hour` hold; read them through `call_hours`.
CREATE TABLE IF NOT EXISTS ledger_sum
(
    hours UInt8 COMMENT 'how long it is: 1, or 23 to 25 of a day',
    begins DateTime('UTC') COMMENT 'start of the hour or day of `ts`, UTC' CODEC(Delta, ZSTD(1)),
    midnight UInt8 MATERIALIZED if(hours = 1, 0, toHour(begins))
        COMMENT 'of a day: the hour of UTC at which it begins, by which days of one time zone lie together; of an hour 0',
    built UInt64 COMMENT 'of the same hour or day, the sums that were taken together: rises' CODEC(Delta, ZSTD(1)),
    alike FixedString(16) COMMENT 'what these calls have in common: a hash of the dimensions' CODEC(ZSTD(1)),
    tenant_id LowCardinality(String) COMMENT 'as in `calls`',
    cost_center LowCardinality(String) COMMENT 'as in `calls`',
    environment LowCardinality(String) COMMENT 'as in `calls`',
    service_name LowCardinality(String) COMMENT 'as in `calls`',
    feature LowCardinality(String) COMMENT 'as in `calls`',
    workflow LowCardinality(String) COMMENT 'as in `calls`',
    dimensions Map(LowCardinality(String), String)
        COMMENT 'as in `calls`, but for those that have too many values in an hour' CODEC(ZSTD(1)),
    provider LowCardinality(String) COMMENT 'as in `calls`',
    provider_account LowCardinality(String) COMMENT 'as in `calls`',
    model LowCardinality(String) COMMENT 'as in `calls`',
    operation LowCardinality(String) COMMENT 'as in `calls`',
    service_tier LowCardinality(String) COMMENT 'as in `calls`',
    cloud_region LowCardinality(String) COMMENT 'as in `calls`',
    zone LowCardinality(String) COMMENT 'as in `calls`',
    agent LowCardinality(String) COMMENT 'as in `calls`',
    signal LowCardinality(String) COMMENT 'as in `calls`',
    dialect LowCardinality(String) COMMENT 'as in `calls`',
    scope_name LowCardinality(String) COMMENT 'as in `calls`',
    status LowCardinality(String) COMMENT 'as in `calls`',
    usage_source LowCardinality(String) COMMENT 'as in `calls`',
    price_status LowCardinality(String) COMMENT 'as in `calls`',
    unpriced_parts String COMMENT 'the kinds of them, without how many, with commas between them' CODEC(ZSTD(1)),
    energy_method LowCardinality(String) COMMENT 'as in `calls`',
    energy_id LowCardinality(String) COMMENT 'as in `calls`',
    intensity_resolution LowCardinality(String) COMMENT 'as in `calls`',
    intensity_g_per_kwh Nullable(Float64) COMMENT 'the highest of them; NULL: unknown of all of them',
    market_source LowCardinality(String) COMMENT 'as in `calls`',
    tells UInt8 COMMENT 'what each call names that is not told apart, added up: 1 a user, 2 a session, 4 a run',
    ledger_rows UInt64 COMMENT 'how many rows of the ledger these are',
    calls Nullable(UInt64) COMMENT 'sum; NULL: unknown of all of them',
    input_tokens UInt64 COMMENT 'sum',
    cache_read_tokens UInt64 COMMENT 'sum',
    cache_write_tokens UInt64 COMMENT 'sum',
    cache_write_1h_tokens UInt64 COMMENT 'sum',
    output_tokens UInt64 COMMENT 'sum',
    reasoning_tokens UInt64 COMMENT 'sum',
    uncached_tokens UInt64 COMMENT 'sum of what is left of each row''s `input_tokens` without `cache_read_tokens`',
    web_searches UInt64 COMMENT 'sum',
    list_cost Nullable(Decimal(38, 12)) COMMENT 'USD, sum; NULL: unknown of all of them, as in the following',
    contracted_cost Nullable(Decimal(38, 12)) COMMENT 'USD, sum',
    input_cost Nullable(Decimal(38, 12)) COMMENT 'USD, sum',
    cache_read_cost Nullable(Decimal(38, 12)) COMMENT 'USD, sum',
    cache_write_cost Nullable(Decimal(38, 12)) COMMENT 'USD, sum',
    output_cost Nullable(Decimal(38, 12)) COMMENT 'USD, sum',
    other_cost Nullable(Decimal(38, 12)) COMMENT 'USD, sum',
    reported_cost Nullable(Float64) COMMENT 'USD, sum of what was claimed',
    cache_saving Nullable(Float64) COMMENT 'USD, sum of what each call''s cached tokens would have cost more at the price of its others',
    highest_cost Nullable(Decimal(18, 12)) COMMENT 'USD, the highest `contracted_cost` of a row; NULL: unknown of all of them',
    overridden UInt64 COMMENT 'of how many calls the spans name another tenant than the token of their sender; a row of unknown calls is 1, as in the following',
    unbelieved UInt64 COMMENT 'how many calls name tokens that cannot be believed',
    energy_wh Nullable(Float64) COMMENT 'Wh, sum',
    energy_wh_low Nullable(Float64) COMMENT 'Wh, sum',
    energy_wh_high Nullable(Float64) COMMENT 'Wh, sum',
    energy_wh_squared Nullable(Float64) COMMENT 'Wh squared, sum of the rows'' squares',
    co2e_g Nullable(Float64) COMMENT 'gCO2e, sum',
    co2e_g_low Nullable(Float64) COMMENT 'gCO2e, sum',
    co2e_g_high Nullable(Float64) COMMENT 'gCO2e, sum',
    co2e_g_squared Nullable(Float64) COMMENT 'gCO2e squared, sum of the rows'' squares',
    co2e_market_g Nullable(Float64) COMMENT 'gCO2e, sum',
    embodied_g Nullable(Float64) COMMENT 'gCO2e, sum',
    water_ml Nullable(Float64) COMMENT 'mL, sum',
    duration_ms Float64 COMMENT 'ms, sum',
    ttft_ms Nullable(Float64) COMMENT 'ms, sum over the rows that tell it',
    ttft_rows UInt64 COMMENT 'how many rows tell it',
    priced_by LowCardinality(String) COMMENT 'as in `used_call`, and so are the following',
    priced_by_since DateTime64(6, 'UTC') COMMENT 'since when the price entry was so, UTC' CODEC(Delta, ZSTD(1)),
    price_step UInt16 COMMENT 'which of the entry''s prices',
    vendor_unit LowCardinality(String) COMMENT 'as in `calls`',
    first_meter LowCardinality(String) COMMENT 'the meter with which calls are counted',
    text_input UInt64 COMMENT 'tokens, sum',
    audio_input UInt64 COMMENT 'tokens, sum',
    image_input UInt64 COMMENT 'tokens, sum',
    video_input UInt64 COMMENT 'tokens, sum',
    cached_text UInt64 COMMENT 'tokens, sum',
    cached_audio UInt64 COMMENT 'tokens, sum',
    cached_image UInt64 COMMENT 'tokens, sum',
    written_for_5m UInt64 COMMENT 'tokens, sum',
    text_output UInt64 COMMENT 'tokens, sum',
    audio_output UInt64 COMMENT 'tokens, sum',
    image_output UInt64 COMMENT 'tokens, sum',
    reasoned UInt64 COMMENT 'tokens, sum',
    answers UInt64 COMMENT 'sum',
    vendor_quantity Decimal(38, 6) COMMENT 'in `vendor_unit`, sum'
)
ENGINE = ReplacingMergeTree(built)
PARTITION BY toYYYYMM(begins)
ORDER BY (hours, midnight, begins, alike);

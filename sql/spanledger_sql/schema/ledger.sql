-- The ledger, and how far it goes.

-- One LLM call a row, or a bucket of calls of which only a metric tells, with its cost, its energy and emissions, and where each figure comes from. Writing a call again
-- leaves the row with the highest version; read it through the view `calls`. NULL says unknown, never zero.
CREATE TABLE IF NOT EXISTS ledger
(
    trace_id String COMMENT 'with `span_id`: the call; lower-case hex, 32 digits' CODEC(ZSTD(1)),
    span_id String COMMENT 'lower-case hex, 16 digits' CODEC(ZSTD(1)),
    ts DateTime64(9, 'UTC')
        COMMENT 'when the call started, UTC; prices and grid hours are those of this moment' CODEC(Delta, ZSTD(1)),
    duration_ms Float64 COMMENT 'from start to end of the span, ms',
    service_name LowCardinality(String) COMMENT '`service.name` of the resource',
    environment LowCardinality(String) COMMENT '`deployment.environment.name` of the span, else of the resource',
    tenant_id LowCardinality(String) COMMENT 'who the call was for; `(unattributed)` where no attribute says',
    tenant_source LowCardinality(String) COMMENT 'the attribute that said so; `none` where none did',
    user_id String COMMENT '`user.id`, or what older instrumentations call it' CODEC(ZSTD(1)),
    session_id String COMMENT '`session.id` or `gen_ai.conversation.id`' CODEC(ZSTD(1)),
    feature LowCardinality(String) COMMENT 'what the call was for, as `attribution(feature=...)` says',
    workflow LowCardinality(String) COMMENT 'as `attribution(workflow=...)` says',
    run_id String COMMENT 'as `attribution(run_id=...)` says' CODEC(ZSTD(1)),
    cost_center LowCardinality(String) COMMENT 'as `attribution(cost_center=...)` says, else the tenant''s at the time',
    dialect LowCardinality(String) COMMENT 'whose attribute names the span was read by, such as `openinference`',
    provider LowCardinality(String) COMMENT 'who answered, by its OpenTelemetry name',
    request_model LowCardinality(String) COMMENT 'the model asked for',
    response_model LowCardinality(String) COMMENT 'the model that answered; empty where the span does not say',
    operation LowCardinality(String)
        COMMENT '`chat`, `text_completion`, `generate_content`, `embeddings`, `responses`, `multimodal` or `rerank`',
    streaming UInt8 COMMENT '1: the answer came as a stream',
    ttft_ms Nullable(Float64) COMMENT 'time to the first chunk, ms; NULL where not reported',
    status LowCardinality(String) COMMENT '`ok` or `error`',
    error_type LowCardinality(String) COMMENT 'type of the error, never its message',
    finish_reason LowCardinality(String) COMMENT 'why the answer ended',
    response_id String COMMENT 'the provider''s id of the answer' CODEC(ZSTD(1)),
    service_tier LowCardinality(String) COMMENT 'as reported, such as `batch`; it decides which price applies',
    cloud_region LowCardinality(String) COMMENT '`cloud.region` of the span: decides the zone',
    input_tokens UInt64 COMMENT 'the whole prompt, cached tokens included',
    cache_read_tokens UInt64 COMMENT 'of `input_tokens`: read from the prompt cache',
    cache_write_tokens UInt64 COMMENT 'of `input_tokens`: written to the prompt cache, whatever for how long',
    cache_write_1h_tokens UInt64 COMMENT 'of `cache_write_tokens`: kept for an hour, where they are priced apart',
    output_tokens UInt64 COMMENT 'the answer, reasoning included',
    reasoning_tokens UInt64 COMMENT 'of `output_tokens`: reasoning',
    usage_source LowCardinality(String)
        COMMENT '`reported`; `missing`: the span names no tokens, and all token columns are 0; or `estimated`, where that is configured',
    price_status LowCardinality(String)
        COMMENT '`priced`; `partial`: a part of it has no price, or only that of text, so that its cost is not all that it costs; `free`: the user said so; or `unpriced`: no price book knows the model or the unit',
    unpriced_parts String COMMENT 'of a `partial` price: what was charged for and has no price, such as `3 code execution`, or no price but that of text, such as `90 output audio tokens at the price of text`' CODEC(ZSTD(1)),
    price_id LowCardinality(String) COMMENT 'the price used: book/provider/model@first day; empty where unpriced',
    price_valid_from Nullable(DateTime64(9, 'UTC'))
        COMMENT 'from when that price holds, UTC; 1970-01-01: no earlier price is known',
    list_cost Nullable(Decimal(18, 12)) COMMENT 'USD; the sum of the five costs below; NULL: unknown',
    contracted_cost Nullable(Decimal(18, 12))
        COMMENT 'USD, what to charge: at the contract that applies, else equal to `list_cost`',
    input_cost Nullable(Decimal(18, 12)) COMMENT 'USD, of prompt tokens neither read from nor written to the cache',
    cache_read_cost Nullable(Decimal(18, 12)) COMMENT 'USD, of tokens read from the prompt cache',
    cache_write_cost Nullable(Decimal(18, 12)) COMMENT 'USD, of tokens written to the prompt cache',
    output_cost Nullable(Decimal(18, 12)) COMMENT 'USD, of the answer, reasoning included',
    other_cost Nullable(Decimal(18, 12)) COMMENT 'USD, per request',
    energy_wh Nullable(Float64) COMMENT 'facility energy (PUE included), Wh, central; NULL: unknown',
    energy_wh_low Nullable(Float64) COMMENT 'lower bound, Wh',
    energy_wh_high Nullable(Float64) COMMENT 'upper bound, Wh',
    energy_method LowCardinality(String) COMMENT '`measured`, `modelled`, `proxy` or `unknown`',
    energy_id LowCardinality(String)
        COMMENT 'the energy entry used: `ecologits/maker/model`, `token-aware/...`, `own/...`, `proxy/class` or `measured/host`',
    zone LowCardinality(String) COMMENT 'grid zone or country whose intensity was used; empty where there was none',
    intensity_g_per_kwh Nullable(Float64)
        COMMENT 'of that zone, gCO2e/kWh, life cycle and average unless configured otherwise; NULL: unknown',
    intensity_source LowCardinality(String) COMMENT 'who published it',
    intensity_resolution LowCardinality(String)
        COMMENT '`hour`, `previous day` (same hour), `month` (mean), `year` (mean) or `unknown`',
    co2e_g Nullable(Float64)
        COMMENT 'operational, location-based, gCO2e: `energy_wh` / 1000 x `intensity_g_per_kwh`; NULL: unknown',
    co2e_g_low Nullable(Float64) COMMENT 'gCO2e of `energy_wh_low`',
    co2e_g_high Nullable(Float64) COMMENT 'gCO2e of `energy_wh_high`',
    co2e_market_g Nullable(Float64) COMMENT 'market-based, gCO2e: `energy_wh` / 1000 x `market_g_per_kwh`; NULL: unknown',
    embodied_g Nullable(Float64) COMMENT 'the hardware''s share, gCO2e; not part of `co2e_g`; NULL: unknown',
    water_ml Nullable(Float64) COMMENT 'on site and at the power plants, mL: `energy_wh` x `water_l_per_kwh`; NULL: unknown',
    counted UInt8 COMMENT '1: this report of the call counts; 0: another one does, or none',
    counted_reason LowCardinality(String) COMMENT 'why a row does not count',
    version UInt64 COMMENT 'of a call written twice, the row with the highest counts',
    enriched_at DateTime64(6, 'UTC') COMMENT 'when this row was written, UTC',
    usage_note LowCardinality(String) COMMENT 'why usage that was on the span is not believed; empty where it is',
    input_audio_tokens UInt64 COMMENT 'of `input_tokens`, those of audio',
    output_audio_tokens UInt64 COMMENT 'of `output_tokens`, those of audio',
    web_searches UInt32 COMMENT 'web searches the provider made for the call',
    input_image_tokens UInt64 COMMENT 'of `input_tokens`, those of images',
    output_image_tokens UInt64 COMMENT 'of `output_tokens`, those of images',
    cache_read_image_tokens UInt64 COMMENT 'of `cache_read_tokens`, those of images',
    cache_read_audio_tokens UInt64 COMMENT 'of `cache_read_tokens`, those of audio',
    input_video_tokens UInt64 COMMENT 'of `input_tokens`, those of video',
    citation_tokens UInt64 COMMENT 'of `input_tokens`, those of the sources that the provider quotes, and bills',
    other_units String COMMENT 'what the provider charges for beside tokens and searches, such as `3 code execution`; empty where nothing' CODEC(ZSTD(1)),
    reported_cost Nullable(Float64) COMMENT 'what the provider or gateway says that the call cost, USD: a claim, never billed; NULL where it says nothing',
    inference_geo LowCardinality(String) COMMENT 'where the provider says that it answered, such as `us`',
    vendor_unit LowCardinality(String) COMMENT 'of the use of a service that is no LLM: the unit, such as `page` or `search`',
    vendor_quantity Decimal(18, 6) COMMENT 'of the use of a service that is no LLM: how many units',
    speed LowCardinality(String) COMMENT 'the provider''s speed mode, such as `fast`; empty where the span says none',
    provider_account LowCardinality(String) COMMENT 'the account or organization at the provider, where the span names it',
    host_name LowCardinality(String) COMMENT 'the host that made the span',
    scope_name LowCardinality(String) COMMENT 'the instrumentation that made the span',
    contract_price_id LowCardinality(String)
        COMMENT 'the price of a contract book that `contracted_cost` used; empty where none applied',
    pue Nullable(Float64) COMMENT 'facility energy / IT energy in `energy_wh`',
    water_l_per_kwh Nullable(Float64) COMMENT 'water of a kWh at the facility, l',
    market_g_per_kwh Nullable(Float64) COMMENT 'by the contracts in force, gCO2e/kWh',
    market_source LowCardinality(String)
        COMMENT 'the contracts that it rests on; `location-based intensity` where there are none',
    dimensions Map(LowCardinality(String), String)
        COMMENT 'what else `attribution(name=...)` says, by name' CODEC(ZSTD(1)),
    signal LowCardinality(String) DEFAULT 'span' COMMENT 'what told of it: `span`, `log`, `metric` or `usage`, a report',
    granularity LowCardinality(String) DEFAULT 'call' COMMENT '`call`; or all calls of an `interval` that a metric tells of, of an `hour` or `day` of a usage report',
    calls Nullable(UInt64) DEFAULT 1 COMMENT 'how many calls the row stands for; NULL: unknown',
    agent LowCardinality(String) DEFAULT '' COMMENT 'the coding agent that made the call, such as `claude-code`; empty where none did',
    INDEX trace_id_bloom trace_id TYPE bloom_filter GRANULARITY 4,
    INDEX enriched_at_range enriched_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(ts)
ORDER BY (toStartOfHour(ts), trace_id, span_id);

-- How far a worker has come, and the batch of the ledger that was begun last. No progress rests on a clock.
CREATE TABLE IF NOT EXISTS enrich_progress
(
    worker LowCardinality(String) COMMENT 'who',
    calls UInt64 COMMENT 'how many calls were written; of a batch that was begun, how many it may hold',
    updated_at DateTime64(6, 'UTC') COMMENT 'when the row was written, UTC',
    version UInt64 COMMENT 'of the last batch that was written whole'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY worker;

-- Which inserts of spans the worker has taken, each by the `ingested_at` that its rows share, and how many rows it had. An
-- insert that is not here, or had fewer rows then, is yet to be taken, whatever any clock says.
CREATE TABLE IF NOT EXISTS taken_insert
(
    ingested_at DateTime64(6, 'UTC') COMMENT 'of the rows, UTC' CODEC(Delta, ZSTD(1)),
    calls UInt64 COMMENT 'its rows in `llm_spans`',
    parents UInt64 COMMENT 'its rows in `span_parent`',
    version UInt64 COMMENT 'of the batch; it holds once `enrich_progress` has that version'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY ingested_at;

-- Which inserts of metrics' points and of usage reports' lines were compared with the calls, each by the time that its rows
-- share, and how many rows it had.
CREATE TABLE IF NOT EXISTS taken_usage
(
    source LowCardinality(String) COMMENT '`usage_point` or `usage_record`',
    inserted_at DateTime64(6, 'UTC') COMMENT 'of the rows, UTC' CODEC(Delta, ZSTD(1)),
    items UInt64 COMMENT 'its rows',
    version UInt64 COMMENT 'it holds once `enrich_progress` of `metrics` or `usage` has that version'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (source, inserted_at);

-- What metrics and usage reports are compared for: the inserts that are new since they were last.
CREATE TABLE IF NOT EXISTS usage_news
(
    source LowCardinality(String) COMMENT '`usage_point`, `usage_record`, or `llm_spans`: calls that the ledger has by now',
    inserted_at DateTime64(6, 'UTC') COMMENT 'what the rows of an insert share, UTC',
    items UInt64 COMMENT 'its rows; 0 of calls'
)
ENGINE = Memory;

-- Calls that cannot be computed, each with the reason; `spanledger enrich --set-aside` takes them up again.
CREATE TABLE IF NOT EXISTS set_aside
(
    span UInt64 COMMENT 'a hash of trace and span id',
    trace_id String COMMENT 'as in `llm_spans`' CODEC(ZSTD(1)),
    span_id String COMMENT 'as in `llm_spans`' CODEC(ZSTD(1)),
    ingested_at DateTime64(6, 'UTC') COMMENT 'finds the span in llm_spans, UTC',
    ts DateTime64(9, 'UTC') COMMENT 'as in `llm_spans`',
    service_name LowCardinality(String) COMMENT 'as in `llm_spans`',
    scope_name LowCardinality(String) COMMENT 'as in `llm_spans`',
    reason String COMMENT 'what the database says',
    waiting UInt8 COMMENT '1: not in the ledger; 0: taken up again',
    version UInt64 COMMENT 'of the batch that set it aside, or of when it was taken up'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY span;

-- Which worker works: the holder of the newest epoch. The first insert with an epoch's token wins, others are dropped.
CREATE TABLE IF NOT EXISTS worker_lease
(
    epoch UInt64 COMMENT 'counts who held it',
    owner String COMMENT 'the worker: host, process and a number of its own',
    above UInt64 COMMENT 'the versions of its batches are above this: whoever held it before wins no more'
)
ENGINE = MergeTree
ORDER BY epoch
SETTINGS non_replicated_deduplication_window = 1000;

-- What workers say to each other: who waits asks, and whoever holds the lease answers, or gives it back.
CREATE TABLE IF NOT EXISTS worker_word
(
    kind LowCardinality(String) COMMENT '`asked`, `answered` or `given back`',
    epoch UInt64 COMMENT 'of the lease',
    word UInt64 COMMENT 'the number of the question'
)
ENGINE = ReplacingMergeTree(word)
ORDER BY (kind, epoch);

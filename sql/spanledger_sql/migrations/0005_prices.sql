-- Price rows that can say all that a provider's price depends on, contract books beside the list, and the user's own
-- names of models.

-- Prices in USD per token, exact where a price per million tokens has at most 16 decimals.
-- service_tier, speed, region: which calls the row is for, '' where any; every row of a model is there for each date on
-- which one of them changes. applies: 0 where the book has no price from this date on.
-- tier_*: prices of each step after the base. The step of a call is
--   (how many of window_starts its second of the UTC day has reached) x (tiers + 1) + (tiers its prompt exceeds).
-- token_priced: whether tokens or requests have a price. units, unit_prices: what is charged by other units, and USD per
-- unit; unit_minimum_cost: the least that any use of them costs. exchange_rate: USD per unit of `currency`, at which the
-- row was converted.
-- The list is loaded anew from the catalogue at the next start.
DELETE FROM price_list WHERE book = 'list';

ALTER TABLE price_list
    ADD COLUMN service_tier LowCardinality(String),
    ADD COLUMN speed LowCardinality(String),
    ADD COLUMN region LowCardinality(String),
    MODIFY ORDER BY (book, provider, model, valid_from, service_tier, speed, region);

ALTER TABLE price_list
    MODIFY COLUMN input_price Decimal(38, 22),
    MODIFY COLUMN cache_read_price Decimal(38, 22),
    MODIFY COLUMN cache_write_price Decimal(38, 22),
    MODIFY COLUMN cache_write_1h_price Decimal(38, 22),
    MODIFY COLUMN output_price Decimal(38, 22),
    MODIFY COLUMN request_price Decimal(38, 22),
    MODIFY COLUMN tier_input_prices Array(Decimal(38, 22)),
    MODIFY COLUMN tier_cache_read_prices Array(Decimal(38, 22)),
    MODIFY COLUMN tier_cache_write_prices Array(Decimal(38, 22)),
    MODIFY COLUMN tier_cache_write_1h_prices Array(Decimal(38, 22)),
    MODIFY COLUMN tier_output_prices Array(Decimal(38, 22));

ALTER TABLE price_list
    ADD COLUMN applies UInt8 DEFAULT 1,
    ADD COLUMN input_audio_price Decimal(38, 22),
    ADD COLUMN output_audio_price Decimal(38, 22),
    ADD COLUMN reasoning_price Decimal(38, 22),
    ADD COLUMN search_price Decimal(38, 22),
    ADD COLUMN window_starts Array(UInt32),
    ADD COLUMN tier_input_audio_prices Array(Decimal(38, 22)),
    ADD COLUMN tier_output_audio_prices Array(Decimal(38, 22)),
    ADD COLUMN tier_reasoning_prices Array(Decimal(38, 22)),
    ADD COLUMN tier_search_prices Array(Decimal(38, 22)),
    ADD COLUMN tier_request_prices Array(Decimal(38, 22)),
    ADD COLUMN units Array(LowCardinality(String)),
    ADD COLUMN unit_prices Array(Decimal(38, 22)),
    ADD COLUMN unit_minimum_cost Decimal(38, 22),
    ADD COLUMN token_priced UInt8,
    ADD COLUMN exchange_rate Decimal(38, 22) DEFAULT 1;

-- The price of a model that the user declared free.
INSERT INTO price_list (price_id, book, provider, model, valid_from, currency, applies, token_priced, exchange_rate, source)
VALUES ('free', 'free', '', 'free', '1970-01-01 00:00:00', 'USD', 1, 1, 1, 'declared free by the user');

-- The catalogues of list prices, one row a version: `document` is what was fetched, '' where it came with the installed
-- package. The latest is in force.
CREATE TABLE price_catalogue
(
    source String,
    sha256 String,
    document String CODEC(ZSTD(6)),
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(loaded_at)
ORDER BY source;

-- When the rows of a catalogue were put into price_list.
CREATE TABLE price_catalogue_load
(
    source String,
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = MergeTree
ORDER BY loaded_at;

-- A contract book and whose calls it applies to: of a tenant, of an account at the provider, of an environment, or,
-- where all three are empty, of everybody. precedence: which book wins where several have a price.
-- lines: the file's lines as JSON, from which the book's rows of price_list follow. version: what those rows have as their
-- book: rows of earlier versions stay, for the calls that were priced by them.
CREATE TABLE price_book
(
    book String,
    tenant_id String,
    provider_account String,
    environment String,
    precedence UInt8,
    version String,
    origin String,
    sha256 String,
    lines String CODEC(ZSTD(6)),
    deleted UInt8,
    imported_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(imported_at)
ORDER BY book;

-- Rows of price_list that a later catalogue replaced, for the calls that were priced by them.
CREATE TABLE price_superseded
ENGINE = ReplacingMergeTree(loaded_at)
ORDER BY (price_id, loaded_at)
EMPTY AS SELECT * FROM price_list;

-- What one unit of a currency is worth in USD from a day on.
CREATE TABLE exchange_rate
(
    currency LowCardinality(String),
    valid_from DateTime('UTC'),
    usd Decimal(38, 22),
    source String,
    imported_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(imported_at)
ORDER BY (currency, valid_from);

-- What a user says a reported model is: the model of a price book that prices it, or free.
-- provider: '' where the name means the same at every provider.
CREATE TABLE model_alias
(
    provider LowCardinality(String),
    model String,
    price_provider LowCardinality(String),
    price_model String,
    free UInt8,
    deleted UInt8,
    set_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(set_at)
ORDER BY (provider, model);

-- seller: who charges for the call, whose contracts apply. standard_only: another provider's price stands in, of which only the standard service tier is known.
ALTER TABLE model_resolution
    ADD COLUMN free UInt8,
    ADD COLUMN standard_only UInt8,
    ADD COLUMN seller LowCardinality(String);

ALTER TABLE ledger
    ADD COLUMN contract_price_id LowCardinality(String);

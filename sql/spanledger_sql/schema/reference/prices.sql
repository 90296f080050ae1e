-- What a token costs: the list, contract books, what was replaced, and what a currency is worth.

-- The prices of one model in one price book from `valid_from` on, one wide row; every row of a model is there for each
-- date on which one of them changes. USD, exact where a price per million tokens has at most 16 decimals.
-- tier_*_prices: of each step after the base. The step of a call is
--   (how many of window_starts its second of the UTC day has reached) x (tiers + 1) + (tiers its prompt exceeds).
CREATE TABLE IF NOT EXISTS price_list
(
    price_id String COMMENT 'book/provider/model@first day, and what else tells the row from others',
    book LowCardinality(String) COMMENT '`list`, `free`, or the version of a contract book',
    provider LowCardinality(String) COMMENT 'as the catalogue or the book names it',
    model String COMMENT 'as the catalogue or the book names it',
    valid_from DateTime64(9, 'UTC') COMMENT 'from when on the prices hold, UTC; 1970-01-01: no earlier price is known',
    currency LowCardinality(String) COMMENT 'of the book; the prices are in USD all the same',
    input_price Decimal(38, 22) COMMENT 'of a prompt token neither read from nor written to the cache, USD',
    cache_read_price Decimal(38, 22) COMMENT 'of a token read from the prompt cache, USD',
    cache_write_price Decimal(38, 22) COMMENT 'of a token written to the prompt cache, USD',
    cache_write_1h_price Decimal(38, 22) COMMENT 'of a token written to the prompt cache for an hour, USD',
    output_price Decimal(38, 22) COMMENT 'of an output token, USD',
    request_price Decimal(38, 22) COMMENT 'of a call, USD',
    tier_starts Array(UInt64) COMMENT 'from which prompt on each higher tier applies, in tokens, exclusive, ascending',
    tier_input_prices Array(Decimal(38, 22)) COMMENT 'of each step after the base, as input_price',
    tier_cache_read_prices Array(Decimal(38, 22)) COMMENT 'of each step after the base, as cache_read_price',
    tier_cache_write_prices Array(Decimal(38, 22)) COMMENT 'of each step after the base, as cache_write_price',
    tier_cache_write_1h_prices Array(Decimal(38, 22)) COMMENT 'of each step after the base, as cache_write_1h_price',
    tier_output_prices Array(Decimal(38, 22)) COMMENT 'of each step after the base, as output_price',
    source String COMMENT 'the catalogue and its version, or the file',
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when the row was written, UTC',
    service_tier LowCardinality(String) COMMENT 'which calls the row is for, empty: of any tier',
    speed LowCardinality(String) COMMENT 'which calls the row is for, empty: of any speed mode',
    region LowCardinality(String) COMMENT 'which calls the row is for, | between several: of a contract the cloud''s region, of the list the provider''s own; empty: of any',
    applies UInt8 DEFAULT 1 COMMENT '0: the book has no price from this date on',
    input_audio_price Decimal(38, 22) COMMENT 'of a token of audio in the prompt, USD',
    output_audio_price Decimal(38, 22) COMMENT 'of a token of audio in the answer, USD',
    reasoning_price Decimal(38, 22) COMMENT 'of a reasoning token, USD',
    search_price Decimal(38, 22) COMMENT 'of a web search, USD',
    input_image_price Decimal(38, 22) COMMENT 'of a token of images in the prompt, USD',
    output_image_price Decimal(38, 22) COMMENT 'of a token of images in the answer, USD',
    cache_read_audio_price Decimal(38, 22) COMMENT 'of a token of audio read from the prompt cache, USD',
    cache_read_image_price Decimal(38, 22) COMMENT 'of a token of images read from the prompt cache, USD',
    input_video_price Decimal(38, 22) COMMENT 'of a token of video in the prompt, USD',
    window_starts Array(UInt32) COMMENT 'seconds of the UTC day from which other prices hold, ascending',
    tier_input_audio_prices Array(Decimal(38, 22)) COMMENT 'of each step after the base, as input_audio_price',
    tier_output_audio_prices Array(Decimal(38, 22)) COMMENT 'of each step after the base, as output_audio_price',
    tier_reasoning_prices Array(Decimal(38, 22)) COMMENT 'of each step after the base, as reasoning_price',
    tier_search_prices Array(Decimal(38, 22)) COMMENT 'of each step after the base, as search_price',
    tier_request_prices Array(Decimal(38, 22)) COMMENT 'of each step after the base, as request_price',
    tier_input_image_prices Array(Decimal(38, 22)) COMMENT 'of each step after the base, as input_image_price',
    tier_output_image_prices Array(Decimal(38, 22)) COMMENT 'of each step after the base, as output_image_price',
    tier_cache_read_audio_prices Array(Decimal(38, 22)) COMMENT 'of each step after the base, as cache_read_audio_price',
    tier_cache_read_image_prices Array(Decimal(38, 22)) COMMENT 'of each step after the base, as cache_read_image_price',
    tier_input_video_prices Array(Decimal(38, 22)) COMMENT 'of each step after the base, as input_video_price',
    units Array(LowCardinality(String)) COMMENT 'what is charged by other units than tokens, such as `page`',
    unit_prices Array(Decimal(38, 22)) COMMENT 'of one of each of `units`, USD',
    unit_minimum_cost Decimal(38, 22) COMMENT 'the least that any use of the units costs, USD',
    token_priced UInt8 COMMENT '1: tokens or requests have a price',
    text_priced Array(LowCardinality(String))
        COMMENT 'classes of audio and images that are priced as text, since the book has no price of theirs',
    exchange_rate Decimal(38, 22) DEFAULT 1 COMMENT 'USD per unit of `currency`, at which the row was converted'
)
ENGINE = ReplacingMergeTree(loaded_at)
PRIMARY KEY (book, provider, model, valid_from)
ORDER BY (book, provider, model, valid_from, service_tier, speed, region);

-- The price of a model that the user declared free.
INSERT INTO price_list
    (price_id, book, provider, model, valid_from, currency, applies, token_priced, exchange_rate, source)
SELECT 'free', 'free', '', 'free', toDateTime64('1970-01-01 00:00:00', 9, 'UTC'), 'USD', 1, 1, 1, 'declared free by the user'
WHERE NOT EXISTS (SELECT 1 FROM price_list WHERE book = 'free');

-- Rows of price_list that a later catalogue replaced, for the calls that were priced by them; the columns are the same.
CREATE TABLE IF NOT EXISTS price_superseded
ENGINE = ReplacingMergeTree(loaded_at)
ORDER BY (price_id, loaded_at)
EMPTY AS SELECT * FROM price_list;

-- The catalogues of list prices, one row a version; the latest is in force.
CREATE TABLE IF NOT EXISTS price_catalogue
(
    source String COMMENT 'the catalogue''s name and version',
    sha256 String COMMENT 'of the document, hex; empty where it came with the installed package',
    document String COMMENT 'what was fetched; empty where it came with the installed package' CODEC(ZSTD(6)),
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when it was fetched, UTC'
)
ENGINE = ReplacingMergeTree(loaded_at)
ORDER BY source;

-- When the rows of a catalogue were put into price_list.
CREATE TABLE IF NOT EXISTS price_catalogue_load
(
    source String COMMENT 'the catalogue whose rows were put into price_list',
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when that was done, UTC'
)
ENGINE = MergeTree
ORDER BY loaded_at;

-- A contract book and whose calls it applies to: of a tenant, of an account at the provider, of an environment, or, where
-- all three are empty, of everybody. Rows of price_list of earlier versions stay, for the calls that were priced by them.
CREATE TABLE IF NOT EXISTS price_book
(
    book String COMMENT 'the book''s name',
    tenant_id String COMMENT 'whose calls it applies to; empty: anybody''s',
    provider_account String COMMENT 'of which account at the provider; empty: of any',
    environment String COMMENT 'of which environment; empty: of any',
    precedence UInt8
        COMMENT '1: of a tenant, 2: of an account, 3: of an environment, 4: of everybody; of the books that have a price the lowest wins',
    version String COMMENT 'what its rows of price_list have as their book',
    origin String COMMENT 'the file it came from',
    sha256 String COMMENT 'of that file, hex',
    lines String COMMENT 'the file''s lines as JSON, from which its rows of price_list follow' CODEC(ZSTD(6)),
    deleted UInt8 COMMENT '1: the book is no longer in force',
    imported_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when it was imported, UTC'
)
ENGINE = ReplacingMergeTree(imported_at)
ORDER BY book;

-- What one unit of a currency is worth in USD from a day on.
CREATE TABLE IF NOT EXISTS exchange_rate
(
    currency LowCardinality(String) COMMENT 'by its ISO 4217 code',
    valid_from DateTime('UTC') COMMENT 'from when on the rate holds, UTC',
    usd Decimal(38, 22) COMMENT 'what one unit is worth, USD',
    source String COMMENT 'who says so',
    imported_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when it was imported, UTC'
)
ENGINE = ReplacingMergeTree(imported_at)
ORDER BY (currency, valid_from);

-- Bills of providers, line by line as they came, and what was reconciled with them.

-- One bill: a file that was imported.
CREATE TABLE IF NOT EXISTS bill
(
    bill_id String COMMENT 'SHA-256 of the file, hex: the same file is one bill',
    source String COMMENT 'the file''s name',
    format LowCardinality(String) COMMENT 'what it was read as, such as `OpenAI costs`',
    timezone LowCardinality(String) COMMENT 'of its days',
    providers Array(String) COMMENT 'who charges in it',
    accounts Array(String) COMMENT 'the billing accounts in it; empty: it does not say',
    invoices Array(String) COMMENT 'the invoices in it; empty: it does not say',
    currencies Array(String) COMMENT 'by their ISO 4217 codes',
    first_day Date COMMENT 'of its lines, in `timezone`',
    last_day Date COMMENT 'of its lines, in `timezone`',
    lines UInt64 COMMENT 'how many it has',
    charges UInt64 COMMENT 'how many of them have an amount; the others are counts of use',
    invoiced_charges UInt64 COMMENT 'how many charges name their invoice',
    unknown_lines UInt64 COMMENT 'how many are not understood',
    decimals UInt8 COMMENT 'how many decimals its amounts are given in',
    amounts Array(Decimal(38, 12)) COMMENT 'what it comes to, in each of `currencies`',
    deleted UInt8 COMMENT '1: it was taken back',
    imported_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when the row was written, UTC'
)
ENGINE = ReplacingMergeTree(imported_at)
ORDER BY bill_id;

-- One charge of a bill, or one count of use that it tells without an amount.
CREATE TABLE IF NOT EXISTS bill_line
(
    bill_id String COMMENT 'the bill',
    line UInt64 COMMENT 'of its file, from 1; of JSON and Parquet the number of the record',
    part LowCardinality(String) COMMENT 'which of several charges of the line; empty: the only one, or the first',
    provider LowCardinality(String) COMMENT 'who charges, by the name that price books have, such as `aws`',
    account LowCardinality(String) COMMENT 'the billing account; empty: not told',
    sub_account LowCardinality(String) COMMENT 'project, workspace, subscription or usage account; empty: not told',
    invoice_id LowCardinality(String) COMMENT 'of the line; empty: not told',
    service LowCardinality(String) COMMENT 'what the provider calls the product',
    sku String COMMENT 'what the provider calls the meter' CODEC(ZSTD(1)),
    charge_category LowCardinality(String) COMMENT 'FOCUS''s: `Usage`, `Purchase`, `Tax`, `Credit` or `Adjustment`',
    model LowCardinality(String) COMMENT 'as the bill calls it; empty: not told',
    meter LowCardinality(String)
        COMMENT 'what is counted: `input`, `cache_read`, `cache_write`, `cache_write_1h`, `output`, `reasoning`, those of audio, images and video, `all` (the whole call), `requests`, `search`, `code_execution`, `session`, `unit`, `storage`, `capacity`, `fee`, `tax`, `credit`, `rounding`, `adjustment`, `other_service` or `unknown`',
    service_tier LowCardinality(String) COMMENT '`standard`, `batch`, `flex`, `priority`; empty: the bill does not tell tiers',
    scope LowCardinality(String) COMMENT 'where it may be answered, such as `global` or `us`; empty: not told',
    day Date COMMENT 'in the bill''s zone',
    begins DateTime('UTC') COMMENT 'of the charge, UTC',
    ends DateTime('UTC') COMMENT 'of the charge, UTC, exclusive',
    quantity Nullable(Decimal(38, 12)) COMMENT 'in `unit`; tokens one by one; NULL: not told',
    unit LowCardinality(String) COMMENT 'such as `Tokens`, `Searches`, `Hours`',
    amount Nullable(Decimal(38, 12)) COMMENT 'in `currency`, as charged; NULL: a count of use without an amount',
    list_amount Nullable(Decimal(38, 12)) COMMENT 'in `currency`, by the list; NULL: not told',
    currency LowCardinality(String) COMMENT 'by its ISO 4217 code; empty: no amount',
    exchange_rate Nullable(Decimal(38, 22)) COMMENT 'USD that one unit of the currency is worth, where the bill says so',
    resource String COMMENT 'what used it: key, endpoint, principal; empty: not told' CODEC(ZSTD(1)),
    unknown String COMMENT 'why the line is not understood; empty: it is' CODEC(ZSTD(1)),
    raw String COMMENT 'the line as it came' CODEC(ZSTD(6))
)
ENGINE = ReplacingMergeTree
ORDER BY (bill_id, line, part);

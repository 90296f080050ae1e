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
    digest String COMMENT 'of its lines when they were imported, hex: the sum of their SHA-256 modulo 2^256',
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

-- One reconciliation whose difference was allocated to tenants. The latest of a provider and period is in force.
CREATE TABLE IF NOT EXISTS reconciliation
(
    reconciliation_id String COMMENT 'the reconciliation',
    provider LowCardinality(String) COMMENT 'whose bills',
    first_day Date COMMENT 'of the period, in `timezone` of the books and in `bill_timezone` of the bills',
    last_day Date COMMENT 'of the period, the last included',
    begins DateTime('UTC') COMMENT 'of the period of the books, UTC',
    ends DateTime('UTC') COMMENT 'of the period of the books, UTC, exclusive',
    timezone LowCardinality(String) COMMENT 'of the books',
    bill_timezone LowCardinality(String) COMMENT 'of the bills',
    bills Array(String) COMMENT 'the bills that it rests on',
    currency LowCardinality(String) COMMENT 'of the bills',
    metered Decimal(38, 12) COMMENT 'by the books, USD',
    billed Decimal(38, 12) COMMENT 'by the bills, USD',
    invoiced Decimal(38, 12) COMMENT 'by the bills, in `currency`, to its subunit',
    coverage Nullable(Float64) COMMENT 'share of the billed use that is metered, 0 to 1; NULL: nothing was billed',
    open_amount Decimal(38, 12) COMMENT 'the causes that a reconciliation must not have, each without its sign, USD',
    tolerance Decimal(38, 12) COMMENT 'how much of that was allowed, USD',
    policy LowCardinality(String) COMMENT 'how the difference is allocated: `metered`, `even` or `unattributed`',
    made_by String COMMENT 'the user who did it',
    made_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when, UTC'
)
ENGINE = ReplacingMergeTree(made_at)
ORDER BY (provider, first_day, last_day);

-- What a tenant is charged beside its metered cost, so that all tenants together pay the invoice.
CREATE TABLE IF NOT EXISTS bill_adjustment
(
    reconciliation_id String COMMENT 'the reconciliation',
    provider LowCardinality(String) COMMENT 'whose bills',
    tenant_id LowCardinality(String) COMMENT 'who is charged',
    cause LowCardinality(String)
        COMMENT 'of the difference, as the report `bills/bridge` names it; `to the subunit`: what makes the tenant''s total whole cents',
    amount Decimal(38, 12) COMMENT 'USD'
)
ENGINE = MergeTree
ORDER BY (reconciliation_id, tenant_id, cause);

-- What a tenant's part of an invoice is: its metered cost and all adjustments.
CREATE TABLE IF NOT EXISTS invoice_share
(
    reconciliation_id String COMMENT 'the reconciliation',
    provider LowCardinality(String) COMMENT 'whose bills',
    tenant_id LowCardinality(String) COMMENT 'who is charged',
    metered Decimal(38, 12) COMMENT 'by the books, USD',
    adjusted Decimal(38, 12) COMMENT 'the sum of the tenant''s rows of bill_adjustment, USD',
    amount Decimal(38, 12) COMMENT 'metered + adjusted, USD',
    currency LowCardinality(String) COMMENT 'of the bills',
    invoiced Decimal(38, 12) COMMENT 'in `currency`, to its subunit: these sum to the invoice'
)
ENGINE = MergeTree
ORDER BY (reconciliation_id, tenant_id);

-- A term of a reconciliation's bridge: what was metered, a cause, or what was billed. Kept of reconciliations that were
-- allocated; of others only while they are at work.
CREATE TABLE IF NOT EXISTS reconciliation_term
(
    reconciliation_id String COMMENT 'the reconciliation',
    provider LowCardinality(String) COMMENT 'whose bills',
    account LowCardinality(String) COMMENT 'as calls name it, else as the bill does; empty: not told',
    model_key LowCardinality(String) COMMENT 'of the model, as bills and calls have it alike; empty: not told',
    model LowCardinality(String) COMMENT 'as calls name it, else as the bill does',
    meter LowCardinality(String) COMMENT 'what is counted: `input`, `cache_read`, `cache_write`, `output`, `all`, `search`, `unit`, `requests`; of charges that are no use as in `bill_line`',
    tier LowCardinality(String) COMMENT 'as `service_tier` in `bill_line`',
    day Date COMMENT 'in the bill''s zone; of a bill that has no days, the first of the period',
    cause LowCardinality(String) COMMENT '`metered`, `billed`, or a cause as the report `bills/bridge` names it',
    amount Decimal(38, 12) COMMENT 'USD',
    covered Decimal(38, 12) COMMENT 'of `coverable`, what is metered, USD',
    coverable Decimal(38, 12) COMMENT 'billed use, USD',
    lines UInt64 COMMENT 'of the bill',
    unpriced_calls UInt64 COMMENT 'metered calls without a known cost',
    made_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when the row was written, UTC'
)
ENGINE = MergeTree
ORDER BY (reconciliation_id, cause, day);

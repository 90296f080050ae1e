-- What tenants pay: price plans by month, and the rate cards that they go by.

-- One plan as it was said last; `book_history` has what was said before.
CREATE TABLE IF NOT EXISTS price_plan
(
    plan_id String COMMENT 'its name',
    tenant_id LowCardinality(String) COMMENT 'whose; `*`: of every tenant that has none of its own then',
    valid_from Date COMMENT 'first day of the first month that it holds for, by the tenant''s clock',
    valid_to Date COMMENT 'first day of the first month that it does not hold for; 2149-06-01: open',
    basis LowCardinality(String)
        COMMENT 'what the markup is on: `effective` cost, parts of commitments and invoices included, or the `contracted` or `list` cost of calls, without these',
    markup_percent Decimal(18, 6) COMMENT 'on the basis; of 0 the tenant pays what it costs; less than 0: a discount',
    card String COMMENT 'the rate card whose prices hold for what it names; empty: none',
    minimum Decimal(38, 12) COMMENT 'the least that a month comes to, in `currency`',
    free_amount Decimal(38, 12) COMMENT 'how much of each month is free, in `currency`',
    free_tokens UInt64 COMMENT 'how many tokens of each month are free: of what the use costs, their share of all tokens',
    rounding LowCardinality(String) COMMENT 'of a statement: each `line`, the `statement` as a whole, or `none`',
    decimals UInt8 COMMENT 'to which rounding goes',
    currency LowCardinality(String) COMMENT 'of the statement, by its ISO 4217 code',
    exchange_rate Decimal(38, 22) COMMENT 'USD that one unit is worth, as agreed; 0: the rate in force when each month begins',
    pays UInt8 COMMENT '1: the tenant pays; 0: it is shown what it would (showback)',
    source String COMMENT 'the file that says so',
    removed UInt8 COMMENT '1: it was taken back',
    said_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when it was said, UTC'
)
ENGINE = ReplacingMergeTree(said_at)
ORDER BY (plan_id, tenant_id);

-- One line of a rate card; those of a card come and go together.
CREATE TABLE IF NOT EXISTS rate_card
(
    card String COMMENT 'the card',
    provider LowCardinality(String) COMMENT 'as calls name it; empty: any',
    model LowCardinality(String) COMMENT 'as calls name it, with its date or without; empty: any',
    meter LowCardinality(String) COMMENT 'as in `metered_charge`, or the class: `input`, `cache_read`, `cache_write`, `output`, or `tokens` for all of them',
    price Decimal(38, 18) COMMENT 'of one unit, in the currency of the plan that names the card',
    source String COMMENT 'the file that says so',
    removed UInt8 COMMENT '1: it was taken back',
    said_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when it was said, UTC'
)
ENGINE = ReplacingMergeTree(said_at)
ORDER BY (card, provider, model, meter);

-- The books: what was posted of each month, and the chain of what was done with it. Nothing here is ever changed; a row whose
-- posting no event of the chain names was never finished, and is not in force.

-- One event of the chain: a posting, a close, a reopening, a dispute, a text that was forgotten. Its hash covers the one before.
CREATE TABLE IF NOT EXISTS book_event
(
    number UInt64 COMMENT 'its place in the chain, from 1',
    action LowCardinality(String) COMMENT '`post`, `soft`, `hard`, `ask` (to reopen), `reopen`, `dispute`, `answer` or `forget`',
    month LowCardinality(String) COMMENT 'of which, such as `2024-10`',
    at DateTime64(6, 'UTC') COMMENT 'when, UTC',
    who String COMMENT 'the person who did it',
    posting String COMMENT 'the rows of `book_entry` that it puts in force; empty: none',
    previous String COMMENT '`hash` of the event before; empty: the first',
    hash String COMMENT 'SHA-256 of `body`, in hex',
    body String COMMENT 'all that it says, `previous` included, as canonical JSON: keys sorted, no spaces' CODEC(ZSTD(6)),
    says String COMMENT 'of `ask` why, of a dispute what is wrong, of an answer what was answered; `body` has its hash; empty: none, or it was forgotten' CODEC(ZSTD(6)),
    says_salt String COMMENT 'what `says` is hashed with; empty: there is none, or it was forgotten'
)
ENGINE = MergeTree
ORDER BY number
SETTINGS non_replicated_deduplication_window = 1000;

-- Who the books are of. They know tenants by a token, so that a name can be forgotten and the chain stays whole.
CREATE TABLE IF NOT EXISTS book_party
(
    party String COMMENT 'the token',
    tenant_id String COMMENT 'whose it is',
    timezone LowCardinality(String) COMMENT 'at whose midnights the tenant''s months begin',
    salt String COMMENT 'what its name is hashed with in its statements; empty: the name was forgotten'
)
ENGINE = MergeTree
ORDER BY party
SETTINGS non_replicated_deduplication_window = 1000;

-- One posted difference: what a call, an idle hour, a day of a commitment, a charge or a cause of a reconciliation adds.
-- What the books know of a call is the sum of its rows.
CREATE TABLE IF NOT EXISTS book_entry
(
    posting String COMMENT 'which posting it is of; in force where `book_event` names it',
    month LowCardinality(String) COMMENT 'the month that it is booked in',
    service_month LowCardinality(String) COMMENT 'the month that it is of: an earlier one of an adjustment to a closed month',
    reason LowCardinality(String)
        COMMENT 'why: `usage`; `late`: it came after the close; `price`; `counts`: other tokens; `verdict`: no longer a call that counts; `attribution`: another tenant, cost centre, feature or model; `commitment`: paid by one, or no longer; `allocation` of a commitment or charge; `reconciliation`; `energy`; `grid`; `plan`: the price plan, or what it makes of the month',
    kind LowCardinality(String)
        COMMENT '`usage`; `covered usage`, which a commitment pays; `idle energy`; `commitment`; `idle commitment`; `charge`; `invoice`: what a reconciliation allocated; `bill`: what none did yet; `allowance`, `minimum`: what a price plan makes of the month',
    party String COMMENT 'whose, as in `book_party`',
    cost_center LowCardinality(String) COMMENT 'as in `ledger`',
    feature LowCardinality(String) COMMENT 'as in `ledger`',
    provider LowCardinality(String) COMMENT 'as in `ledger`; of a commitment its name',
    model LowCardinality(String) COMMENT 'as in `calls`; of charges, bills and invoices what they are for',
    key String COMMENT 'of a call `trace_id/span_id`; of an idle hour `host/hour`; of a commitment `name/day`; of a charge its name; of bills and reconciliations whose, when and what' CODEC(ZSTD(1)),
    ts DateTime64(9, 'UTC') COMMENT 'when the call started, or the hour or day, UTC',
    stands Int8 COMMENT '1: the row brings the key in; -1: it takes it out; 0: it changes its amounts',
    calls Int64 COMMENT 'how many calls, as far as that is known',
    input_tokens Int64 COMMENT 'tokens',
    cache_read_tokens Int64 COMMENT 'of `input_tokens`: read from the prompt cache',
    output_tokens Int64 COMMENT 'tokens',
    list_cost Decimal(38, 12) COMMENT 'USD; of what is not known nothing',
    cost Decimal(38, 12) COMMENT 'what it costs, USD; of what is not known nothing',
    price Decimal(38, 12) COMMENT 'what the tenant pays for it by its price plan, USD; without a plan what it costs',
    energy_wh Decimal(38, 12) COMMENT 'at the facility, Wh; of what is not known nothing',
    co2e_g Decimal(38, 12) COMMENT 'operational, location-based, gCO2e',
    co2e_g_least Decimal(38, 12) COMMENT 'its lower bound, gCO2e',
    co2e_g_most Decimal(38, 12) COMMENT 'its upper bound, gCO2e',
    co2e_market_g Decimal(38, 12) COMMENT 'market-based, gCO2e',
    embodied_g Decimal(38, 12) COMMENT 'of the hardware, gCO2e; not part of `co2e_g`',
    unpriced_calls Int64 COMMENT 'calls whose cost, or a part of it, is not known',
    unknown_energy_calls Int64 COMMENT 'calls whose energy is not known',
    evidence LowCardinality(String) COMMENT 'the price, energy entry and grid that the amounts rest on now',
    INDEX posting_bloom posting TYPE bloom_filter GRANULARITY 4
)
ENGINE = MergeTree
PARTITION BY month
ORDER BY (party, posting, key);

-- What each month was made from when it was posted last: as long as that has the same mark, the books have it, and it is not
-- read again. It proves nothing, and is in no proof.
CREATE TABLE IF NOT EXISTS book_mark
(
    timezone LowCardinality(String) COMMENT 'whose months',
    month LowCardinality(String) COMMENT 'which, such as `2024-10`',
    mark String COMMENT 'a number; empty: there was nothing',
    made_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when it was written, UTC'
)
ENGINE = ReplacingMergeTree(made_at)
ORDER BY (timezone, month);

-- A line of a closed month: the sum of the entries of a party that are alike.
CREATE TABLE IF NOT EXISTS book_line
(
    posting String COMMENT 'of the close',
    party String COMMENT 'whose',
    line UInt32 COMMENT 'its place on the party''s statement, from 1',
    month LowCardinality(String) COMMENT 'the closed month',
    service_month LowCardinality(String) COMMENT 'as in `book_entry`',
    reason LowCardinality(String) COMMENT 'of an adjustment, as in `book_entry`; empty in the month''s own lines',
    kind LowCardinality(String) COMMENT 'as in `book_entry`',
    cost_center LowCardinality(String) COMMENT 'as in `book_entry`',
    feature LowCardinality(String) COMMENT 'as in `book_entry`',
    provider LowCardinality(String) COMMENT 'as in `book_entry`',
    model LowCardinality(String) COMMENT 'as in `book_entry`',
    entries UInt64 COMMENT 'how many it sums',
    calls Int64 COMMENT 'the sum; so of what follows',
    input_tokens Int64 COMMENT 'tokens',
    cache_read_tokens Int64 COMMENT 'tokens',
    output_tokens Int64 COMMENT 'tokens',
    list_cost Decimal(38, 12) COMMENT 'USD',
    cost Decimal(38, 12) COMMENT 'USD',
    price Decimal(38, 12) COMMENT 'USD',
    energy_wh Decimal(38, 12) COMMENT 'Wh',
    co2e_g Decimal(38, 12) COMMENT 'gCO2e',
    co2e_g_least Decimal(38, 12) COMMENT 'gCO2e',
    co2e_g_most Decimal(38, 12) COMMENT 'gCO2e',
    co2e_market_g Decimal(38, 12) COMMENT 'gCO2e',
    embodied_g Decimal(38, 12) COMMENT 'gCO2e',
    unpriced_calls Int64 COMMENT 'calls whose cost, or a part of it, is not known',
    unknown_energy_calls Int64 COMMENT 'calls whose energy is not known'
)
ENGINE = MergeTree
ORDER BY (posting, party, line);

-- A party's statement of a closed month, as it was closed.
CREATE TABLE IF NOT EXISTS book_statement
(
    posting String COMMENT 'of the close',
    month LowCardinality(String) COMMENT 'the closed month',
    revision UInt32 COMMENT 'how many times the month was closed, this time included',
    party String COMMENT 'whose',
    hash String COMMENT 'SHA-256 of `document`, in hex; the close''s event has it, too',
    document String COMMENT 'all that it says, as canonical JSON' CODEC(ZSTD(6))
)
ENGINE = MergeTree
ORDER BY (month, party, posting);

-- A line of the journal of a closed month, for the general ledger: debit or credit.
CREATE TABLE IF NOT EXISTS book_journal
(
    posting String COMMENT 'of the close',
    line UInt32 COMMENT 'its place in the journal, from 1',
    month LowCardinality(String) COMMENT 'the closed month',
    service_month LowCardinality(String) COMMENT 'the month that it is of',
    says LowCardinality(String) COMMENT '`accrual`, `adjustment`, `reversal` or `invoice`',
    account LowCardinality(String) COMMENT '`expense`, `accrued` or `payable`',
    cost_center LowCardinality(String) COMMENT 'of an expense; empty: none',
    provider LowCardinality(String) COMMENT 'who is owed; `commitment NAME`: who that is committed to',
    debit Decimal(38, 2) COMMENT 'USD',
    credit Decimal(38, 2) COMMENT 'USD'
)
ENGINE = MergeTree
ORDER BY (posting, line);

-- Charges that are no calls, as their file says them, and how each is shared out over tenants.

-- One charge: storage, seats, a fee, tax, a credit, prepaid credits.
CREATE TABLE IF NOT EXISTS charge
(
    charge_id String COMMENT 'its name',
    kind LowCardinality(String) COMMENT 'what it is: `storage`, `code execution`, `capacity`, `seats`, `subscription`, `units`, `fee`, `tax`, `credit`, `prepaid` or `other`',
    amount Decimal(38, 12) COMMENT 'USD; negative of a credit',
    begins DateTime('UTC') COMMENT 'of the time that it is for, UTC; it is booked in this moment',
    ends DateTime('UTC') COMMENT 'of that time, UTC, exclusive; of prepaid credits when they expire',
    provider LowCardinality(String) COMMENT 'who charges it, by the name that price books have; empty: not told',
    providers Array(String) COMMENT 'of `metered` and of prepaid credits: whose calls, as spans name providers; empty: all',
    model LowCardinality(String) COMMENT 'empty: of none',
    quantity Nullable(Decimal(38, 12)) COMMENT 'in `unit`; NULL: not told',
    unit LowCardinality(String) COMMENT 'such as `GB-Months`; empty: not told',
    invoice_id String COMMENT 'empty: not told',
    description String COMMENT 'in the words of whoever charges it',
    policy LowCardinality(String) COMMENT 'how it is shared out: `fixed`, `metered`, `even`, or `own_line`: nobody pays it',
    share_tenants Array(String) COMMENT 'of `fixed`: who pays',
    shares Array(UInt32) COMMENT 'of `fixed`: how much each pays, in millionths',
    currency LowCardinality(String) COMMENT 'of the file, by its ISO 4217 code',
    given_amount Decimal(38, 12) COMMENT 'what the file says, in `currency`',
    exchange_rate Decimal(38, 22) COMMENT 'USD that one unit was worth on the first day',
    source String COMMENT 'the file that says so',
    imported_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when it was imported, UTC'
)
ENGINE = ReplacingMergeTree(imported_at)
ORDER BY charge_id;

-- What a tenant's part of a charge is; only the version in `charge_allocation` is in force.
CREATE TABLE IF NOT EXISTS charge_share
(
    charge_id String COMMENT 'the charge',
    version UInt64 COMMENT 'of the allocation',
    tenant_id LowCardinality(String) COMMENT 'who pays',
    amount Decimal(38, 12) COMMENT 'USD; of a charge these sum to its amount'
)
ENGINE = MergeTree
ORDER BY (charge_id, version, tenant_id);

-- Which version of a charge's shares is in force.
CREATE TABLE IF NOT EXISTS charge_allocation
(
    charge_id String COMMENT 'the charge',
    version UInt64 COMMENT 'of its rows in charge_share and prepaid_draw that are in force',
    allocated_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when they were computed, UTC'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY charge_id;

-- What calls draw down prepaid credits by; only the version in `charge_allocation` is in force.
CREATE TABLE IF NOT EXISTS prepaid_draw
(
    charge_id String COMMENT 'the prepaid credits',
    version UInt64 COMMENT 'of the allocation',
    hour DateTime('UTC') COMMENT 'in which the calls began, its start in UTC',
    tenant_id LowCardinality(String) COMMENT 'whose calls',
    provider LowCardinality(String) COMMENT 'as spans name it',
    model LowCardinality(String) COMMENT 'as in `calls`',
    amount Decimal(38, 12) COMMENT 'what they draw, USD: their contracted cost, as long as credits last'
)
ENGINE = MergeTree
ORDER BY (charge_id, version, hour, tenant_id);

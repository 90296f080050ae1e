-- Costs that no single call has: what was committed for a period, and how it is allocated over the calls it covers.

-- One commitment.
CREATE TABLE IF NOT EXISTS commitment
(
    commitment_id String COMMENT 'the commitment',
    kind LowCardinality(String) COMMENT 'what it is, such as reserved throughput or a lease',
    amount Decimal(38, 12) COMMENT 'what it costs over its whole period, USD',
    begins DateTime('UTC') COMMENT 'first hour of its period, UTC',
    ends DateTime('UTC') COMMENT 'end of its period, UTC, exclusive; the amount is spread over its hours in equal parts',
    providers Array(String) COMMENT 'what it covers: calls of these; empty: says nothing; so of the next four',
    accounts Array(String) COMMENT 'accounts at the provider',
    models Array(String) COMMENT 'as requested or as answered',
    hosts Array(String) COMMENT 'hosts that made the spans',
    tenants Array(String) COMMENT 'whose calls',
    policy LowCardinality(String) COMMENT 'how it is allocated: `tokens`, `duration`, `weighted_tokens`, `even` or `fixed`',
    output_weight Decimal(18, 4) COMMENT 'of `weighted_tokens`: how many input tokens an output token weighs',
    capacity Decimal(38, 4)
        COMMENT 'what an hour could serve, in the policy''s unit (tokens, weighted tokens, seconds, calls); 0: unsaid',
    share_tenants Array(String) COMMENT 'of `fixed`: who pays',
    shares Array(UInt32) COMMENT 'of `fixed`: how much each pays, in millionths',
    idle LowCardinality(String) COMMENT 'who pays for unused hours: `own_line`, `shared` or `owner`',
    idle_owner String COMMENT 'of `owner`: the tenant that pays',
    covers_usage UInt8 COMMENT '1: the calls it covers are paid with it, and their usage is not charged besides',
    source String COMMENT 'the file that says so',
    imported_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when it was imported, UTC',
    currency LowCardinality(String) DEFAULT 'USD' COMMENT 'of the file, by its ISO 4217 code',
    given_amount Decimal(38, 12) DEFAULT amount COMMENT 'what the file says, in `currency`',
    exchange_rate Decimal(38, 22) DEFAULT 1 COMMENT 'USD that one unit was worth on the first day',
    agents Array(String) COMMENT 'what it covers: calls of these coding agents; empty: says nothing',
    users Array(String) COMMENT 'what it covers: calls of these users; empty: says nothing',
    seats UInt32 DEFAULT 0 COMMENT 'of `seats`: how many are paid',
    allowance Decimal(38, 12) DEFAULT 0
        COMMENT 'of `seats`: what a user''s calls may cost in a UTC month, at the contracts that apply, USD; what they cost beyond is charged besides; 0: there is no end to it'
)
ENGINE = ReplacingMergeTree(imported_at)
ORDER BY commitment_id;

-- What an hour of a commitment costs a call, or a tenant where no call is named.
CREATE TABLE IF NOT EXISTS allocation_row
(
    commitment_id String COMMENT 'the commitment',
    version UInt64 COMMENT 'of the allocation; only the one that `allocation` has of the day is in force',
    hour DateTime('UTC') COMMENT 'which hour''s part, its start in UTC',
    tenant_id LowCardinality(String) COMMENT 'who pays',
    trace_id String COMMENT 'of the call, lower-case hex; empty: no call is named',
    span_id String COMMENT 'of the call, lower-case hex; empty: no call is named',
    amount Decimal(38, 12) COMMENT 'what is allocated, USD',
    idle UInt8 COMMENT '0: used, 1: unused, 2: unused and shared out by other rows',
    day Date COMMENT 'with which day of `allocation` the row comes and goes: the hour''s; 1970-01-01: idle cost that is shared out over the whole period'
)
ENGINE = MergeTree
ORDER BY (commitment_id, day, version, hour, tenant_id);

-- Which version of a commitment's allocation is in force, day by day, and what it rests on: a day of which nothing of that
-- changed is not allocated anew.
CREATE TABLE IF NOT EXISTS allocation
(
    commitment_id String COMMENT 'the commitment',
    day Date COMMENT 'which day''s hours, UTC; 1970-01-01: idle cost that is shared out over the whole period',
    version UInt64 COMMENT 'of its rows in allocation_row that are in force',
    until DateTime('UTC') COMMENT 'how far it goes, UTC, exclusive',
    allocated Decimal(38, 12) COMMENT 'what it comes to, USD',
    terms UInt64 COMMENT 'what the commitment said then: a hash',
    calls UInt64 COMMENT 'the calls that it was allocated over: a hash of all that the allocation reads of them; of what is shared out the versions of the days',
    allocated_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when it was computed, UTC'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (commitment_id, day);

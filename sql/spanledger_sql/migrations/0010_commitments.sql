-- Costs that no single call has: what was committed for a period, and how it is allocated over the calls it covers.

-- One commitment. amount: in USD, over the hours from `begins` to `ends` in equal parts. The lists say what it covers;
-- an empty one says nothing. policy: 'tokens', 'duration', 'weighted_tokens' (an output token weighs `output_weight`),
-- 'even' or 'fixed' (`share_tenants` get `shares`, in millionths). capacity: what an hour could serve, in the policy's unit
-- (tokens, weighted tokens, seconds, calls); 0 where unsaid. idle: 'own_line', 'shared' or 'owner' (`idle_owner` pays).
-- covers_usage: whether the calls it covers are paid with it, so that their usage is not charged besides.
CREATE TABLE commitment
(
    commitment_id String,
    kind LowCardinality(String),
    amount Decimal(38, 12),
    begins DateTime('UTC'),
    ends DateTime('UTC'),
    providers Array(String),
    accounts Array(String),
    models Array(String),
    hosts Array(String),
    tenants Array(String),
    policy LowCardinality(String),
    output_weight Decimal(18, 4),
    capacity Decimal(38, 4),
    share_tenants Array(String),
    shares Array(UInt32),
    idle LowCardinality(String),
    idle_owner String,
    covers_usage UInt8,
    source String,
    imported_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(imported_at)
ORDER BY commitment_id;

-- What an hour of a commitment costs a call, or a tenant where no call is named, in USD.
-- idle: 0 used, 1 unused, 2 unused and shared out by other rows. Only the version in `allocation` counts.
CREATE TABLE allocation_row
(
    commitment_id String,
    version UInt64,
    hour DateTime('UTC'),
    tenant_id LowCardinality(String),
    trace_id String,
    span_id String,
    amount Decimal(38, 12),
    idle UInt8
)
ENGINE = MergeTree
ORDER BY (commitment_id, version, hour, tenant_id);

-- Which version of a commitment's allocation is in force, up to which hour it goes, and what it comes to, in USD.
CREATE TABLE allocation
(
    commitment_id String,
    version UInt64,
    until DateTime('UTC'),
    allocated Decimal(38, 12),
    allocated_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(version)
ORDER BY commitment_id;

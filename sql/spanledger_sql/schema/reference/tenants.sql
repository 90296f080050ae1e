-- Tenants: the rules that say whose a call is where its span does not, or before what it says; and what tenants belong to, in
-- time.

-- What becomes of e-mail addresses before anything is stored.
CREATE TABLE IF NOT EXISTS email_rule
(
    version UInt64 COMMENT 'the highest is in force',
    treatment LowCardinality(String) COMMENT '`keep`, `hash` or `drop`',
    inner_pad String COMMENT 'the block that HMAC-SHA256 puts before the address, in hex: made of the key, which it is as good as',
    outer_pad String COMMENT 'the block that it puts before the first hash, in hex'
)
ENGINE = ReplacingMergeTree
ORDER BY version;

-- One state of the configuration's rules.
CREATE TABLE IF NOT EXISTS tenant_rule_set
(
    version UInt64 COMMENT 'the highest is in force',
    fingerprint String COMMENT 'of the rules'' text',
    rules UInt32 COMMENT 'how many there are',
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when they were read, UTC'
)
ENGINE = ReplacingMergeTree
ORDER BY version;

-- One rule, or one entry of a rule that looks values up.
CREATE TABLE IF NOT EXISTS tenant_rule
(
    version UInt64 COMMENT 'of the set',
    rule UInt32 COMMENT 'its place in the configuration, from 1',
    attribute String COMMENT 'whose value decides',
    kind LowCardinality(String)
        COMMENT '`value` (the attribute''s value is the tenant), `lookup` (`value` gives `tenant`) or `pattern`',
    before_span UInt8 COMMENT '1: it goes before what the span itself says',
    value String COMMENT 'of a lookup: the attribute''s value',
    pattern String COMMENT 'an RE2 expression of the whole value',
    tenant String COMMENT 'whose the call is; of a pattern it may hold \\1'
)
ENGINE = ReplacingMergeTree
ORDER BY (version, rule, value);

-- What the rules say of a call.
CREATE TABLE IF NOT EXISTS call_tenant
(
    span UInt64 COMMENT 'cityHash64(trace_id, span_id)',
    tenant_id LowCardinality(String) COMMENT 'what the rules say; empty: a later state of them says nothing any more',
    tenant_source LowCardinality(String) COMMENT 'the rule that said so',
    before_span UInt8 COMMENT '1: it goes before what the span itself says',
    version UInt64 COMMENT 'of the rules'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY span;

-- What a tenant belongs to for a time: a reorganisation is another row, and what was before stays what it was.
CREATE TABLE IF NOT EXISTS tenant_period
(
    tenant_id LowCardinality(String) COMMENT 'the tenant',
    valid_from DateTime64(9, 'UTC') COMMENT 'from when on, UTC; until the next row of the tenant; 1970-01-01: always before',
    valid_to DateTime64(9, 'UTC') COMMENT 'until when, UTC, exclusive, where the file says it; else 2261-01-01',
    cost_center LowCardinality(String) COMMENT 'of calls that say none themselves, and of charges; empty: none',
    owner LowCardinality(String) COMMENT 'who answers for the tenant; empty: not told',
    name String COMMENT 'what the tenant is called then; empty: not told',
    source String COMMENT 'the file that says so',
    removed UInt8 COMMENT '1: it was taken back',
    said_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when it was said, UTC'
)
ENGINE = ReplacingMergeTree(said_at)
ORDER BY (tenant_id, valid_from);

-- Tenant rules: whose a call is where its span does not say, or before what it says.

-- One state of the configuration's rules; the one with the highest version is in force. fingerprint: of their text.
CREATE TABLE tenant_rule_set
(
    version UInt64,
    fingerprint String,
    rules UInt32,
    loaded_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY version;

-- One rule, or one entry of a rule that looks values up. rule: its place, from 1. kind: 'value' (the attribute's value is
-- the tenant), 'lookup' (value gives tenant) or 'pattern' (an RE2 expression of the whole value; tenant may hold \1).
CREATE TABLE tenant_rule
(
    version UInt64,
    rule UInt32,
    attribute String,
    kind LowCardinality(String),
    before_span UInt8,
    value String,
    pattern String,
    tenant String
)
ENGINE = ReplacingMergeTree
ORDER BY (version, rule, value);

-- What the rules say of a call; tenant_id is empty where a later state of them says nothing any more.
-- span: cityHash64(trace_id, span_id). version: of the rules.
CREATE TABLE call_tenant
(
    span UInt64,
    tenant_id LowCardinality(String),
    tenant_source LowCardinality(String),
    before_span UInt8,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY span;

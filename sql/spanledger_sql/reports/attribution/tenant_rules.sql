-- The tenant rules in force, and what they decide of the calls in the ledger.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period of the calls, half-open
-- Columns:
--   rule: its place in the configuration, from 1
--   attribute: whose value decides
--   kind: `value`, `lookup` or `pattern`
--   goes: `first`, or `after` the span's own word
--   entries: of a lookup, how many values it knows; else 0
--   pattern: of a pattern, its expression
--   tenants: how many tenants it gives calls to
--   calls: how many calls it gives to a tenant
--   list_cost: of these, USD, sum of what is known
SELECT
    in_force.rule AS rule,
    in_force.attribute AS attribute,
    in_force.kind AS kind,
    in_force.goes AS goes,
    in_force.entries AS entries,
    in_force.pattern AS pattern,
    ifNull(decided.tenants, 0) AS tenants,
    ifNull(decided.calls, 0) AS calls,
    ifNull(decided.list_cost, 0) AS list_cost
FROM
(
    SELECT
        rule,
        any(attribute) AS attribute,
        any(kind) AS kind,
        if(any(before_span) = 1, 'first', 'after') AS goes,
        if(kind = 'lookup', count(), 0) AS entries,
        any(pattern) AS pattern,
        concat('rule ', toString(rule), ': ', attribute) AS tenant_source
    FROM tenant_rule FINAL
    WHERE version = (SELECT max(version) FROM tenant_rule_set)
    GROUP BY rule
) AS in_force
LEFT JOIN
(
    SELECT
        tenant_source,
        uniqExact(tenant_id) AS tenants,
        sum(known_calls) AS calls,
        sum(toDecimal128(calls.list_cost, 12)) AS list_cost
    FROM calls
    WHERE ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')} AND startsWith(tenant_source, 'rule ')
    GROUP BY tenant_source
) AS decided
    ON decided.tenant_source = in_force.tenant_source
ORDER BY rule

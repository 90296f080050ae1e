-- The tenant rules of a version, in their order, and a lambda: the tenant that one of them gives for an attribute's value, '' where
-- it gives none. A part of the statements that say {{tenant_rules}}.
-- Parameters: version UInt64: of the rules; 0: none.
(
    SELECT groupArray((rule, attribute, kind, before_span, pattern, tenant))
    FROM
    (
        SELECT rule, any(attribute) AS attribute, any(kind) AS kind, any(before_span) AS before_span,
               any(pattern) AS pattern, any(tenant) AS tenant
        FROM tenant_rule
        WHERE version = {version:UInt64}
        GROUP BY rule
        ORDER BY rule
    )
) AS rules,
(
    SELECT CAST(groupArray((concat(toString(rule), ' ', value), tenant)), 'Map(String, String)')
    FROM tenant_rule FINAL
    WHERE version = {version:UInt64} AND kind = 'lookup'
) AS looked_up,
((rule, value) -> multiIf(
    value = '', '',
    rule.3 = 'value', value,
    rule.3 = 'lookup', looked_up[concat(toString(rule.1), ' ', value)],
    match(value, rule.5), replaceRegexpOne(value, rule.5, rule.6),
    '')) AS tenant_by

-- The attributes that tenant rules name: what is kept of a span, log or metric for them.
(
    SELECT groupUniqArray(attribute)
    FROM tenant_rule
    WHERE version = (SELECT max(version) FROM tenant_rule_set)
) AS rule_names

-- What each tenant owes, by model and feature, the largest spend first. The rows add up to the period's spend.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
-- Columns:
--   tenant, cost_center, model, feature: of the calls
--   calls: counted ones
--   unknown_cost_calls: of them, whose cost is in no row
--   input_tokens, cache_read_tokens, output_tokens: sums
--   list_cost_usd, contracted_cost_usd: USD, sums of what is known
SELECT
    if(tenant_id = '', '(unattributed)', tenant_id) AS tenant,
    cost_center,
    if(model = '', '(unknown model)', model) AS model,
    if(feature = '', '(no feature)', feature) AS feature,
    sum(known_calls) AS calls,
    sumIf(least_calls, c.contracted_cost IS NULL) AS unknown_cost_calls,
    sum(c.input_tokens) AS input_tokens,
    sum(c.cache_read_tokens) AS cache_read_tokens,
    sum(c.output_tokens) AS output_tokens,
    sum(toDecimal128(c.list_cost, 12)) AS list_cost_usd,
    sum(toDecimal128(c.contracted_cost, 12)) AS contracted_cost_usd
FROM calls AS c
WHERE ts >= {from:DateTime64(9, 'UTC')}
    AND ts < {to:DateTime64(9, 'UTC')}
    AND (empty({tenants:Array(String)})
        OR has({tenants:Array(String)}, if(tenant_id = '', '(unattributed)', tenant_id)))
GROUP BY
    tenant,
    cost_center,
    model,
    feature
ORDER BY
    contracted_cost_usd DESC NULLS LAST,
    tenant,
    model,
    feature,
    cost_center

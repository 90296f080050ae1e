-- What to charge back: calls, tokens, cost and emissions by the dimensions asked for.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   by Array(String): any of tenant, cost_center, environment, service, feature, workflow, user, provider, model,
--     operation, zone, day; the others are folded into ''
--   timezone String: of the days
-- Columns:
--   day, tenant, cost_center, environment, service, feature, workflow, user, provider, model, operation, zone: '' where
--     not asked for
--   calls: counted ones
--   input_tokens, cache_read_tokens, output_tokens: sums
--   list_cost, contracted_cost: USD, sums of what is known
--   energy_kwh: PUE included, kWh, sum of what is known
--   co2e_kg, co2e_kg_low, co2e_kg_high: of the operation, location-based, with its bounds, kgCO2e
--   unpriced_calls, unknown_energy_calls, missing_usage_calls: calls without a price, a known energy, tokens
SELECT
    if(has({by:Array(String)}, 'day'), toString(toDate(toTimeZone(c.ts, {timezone:String}))), '') AS day,
    if(has({by:Array(String)}, 'tenant'), c.tenant_id, '') AS tenant,
    if(has({by:Array(String)}, 'cost_center'), c.cost_center, '') AS cost_center,
    if(has({by:Array(String)}, 'environment'), c.environment, '') AS environment,
    if(has({by:Array(String)}, 'service'), c.service_name, '') AS service,
    if(has({by:Array(String)}, 'feature'), c.feature, '') AS feature,
    if(has({by:Array(String)}, 'workflow'), c.workflow, '') AS workflow,
    if(has({by:Array(String)}, 'user'), c.user_id, '') AS user,
    if(has({by:Array(String)}, 'provider'), c.provider, '') AS provider,
    if(has({by:Array(String)}, 'model'), c.model, '') AS model,
    if(has({by:Array(String)}, 'operation'), c.operation, '') AS operation,
    if(has({by:Array(String)}, 'zone'), c.zone, '') AS zone,
    sum(known_calls) AS calls,
    sum(c.input_tokens) AS input_tokens,
    sum(c.cache_read_tokens) AS cache_read_tokens,
    sum(c.output_tokens) AS output_tokens,
    sum(toDecimal128(c.list_cost, 12)) AS list_cost,
    sum(toDecimal128(c.contracted_cost, 12)) AS contracted_cost,
    sum(c.energy_wh) / 1000 AS energy_kwh,
    sum(c.co2e_g) / 1000 AS co2e_kg,
    sum(c.co2e_g_low) / 1000 AS co2e_kg_low,
    sum(c.co2e_g_high) / 1000 AS co2e_kg_high,
    sumIf(least_calls, c.price_status = 'unpriced') AS unpriced_calls,
    sumIf(least_calls, c.energy_wh IS NULL) AS unknown_energy_calls,
    sumIf(least_calls, c.usage_source = 'missing') AS missing_usage_calls
FROM calls AS c
WHERE c.ts >= {from:DateTime64(9, 'UTC')}
    AND c.ts < {to:DateTime64(9, 'UTC')}
GROUP BY ALL
ORDER BY day, contracted_cost DESC NULLS LAST, tenant, model

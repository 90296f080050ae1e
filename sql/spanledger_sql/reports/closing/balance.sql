-- What the books know of each month, as it was known at a moment: what was posted up to then.
--
-- Parameters:
--   known DateTime64(6, 'UTC'): the moment
--   months Array(String): only of these months; none: of all
--   by Array(String): any of month, tenant, kind, cost_center, feature, provider, model; the others are folded into ''
-- Columns:
--   month: that the figures are of; '' where not asked for
--   tenant, kind, cost_center, feature, provider, model: likewise
--   calls: counted ones
--   input_tokens, output_tokens: sums
--   list_cost, cost: USD, sums of what is known
--   price: what tenants pay by their price plans, USD
--   energy_kwh: kWh
--   co2e_kg, co2e_kg_least, co2e_kg_most: operational, location-based, and its bounds, kgCO2e
--   unpriced_calls, unknown_energy_calls: calls without a price, a known energy
SELECT
    if(has({by:Array(String)}, 'month'), toString(e.service_month), '') AS month,
    if(has({by:Array(String)}, 'tenant'), of.tenant_id, '') AS tenant,
    if(has({by:Array(String)}, 'kind'), toString(e.kind), '') AS kind,
    if(has({by:Array(String)}, 'cost_center'), toString(e.cost_center), '') AS cost_center,
    if(has({by:Array(String)}, 'feature'), toString(e.feature), '') AS feature,
    if(has({by:Array(String)}, 'provider'), toString(e.provider), '') AS provider,
    if(has({by:Array(String)}, 'model'), toString(e.model), '') AS model,
    sum(e.calls) AS calls,
    sum(e.input_tokens) AS input_tokens,
    sum(e.output_tokens) AS output_tokens,
    sum(e.list_cost) AS list_cost,
    sum(e.cost) AS cost,
    sum(e.price) AS price,
    toDecimal128(sum(e.energy_wh), 15) / 1000 AS energy_kwh,
    toDecimal128(sum(e.co2e_g), 15) / 1000 AS co2e_kg,
    toDecimal128(sum(e.co2e_g_least), 15) / 1000 AS co2e_kg_least,
    toDecimal128(sum(e.co2e_g_most), 15) / 1000 AS co2e_kg_most,
    sum(e.unpriced_calls) AS unpriced_calls,
    sum(e.unknown_energy_calls) AS unknown_energy_calls
FROM book_entry AS e
INNER JOIN book_party AS of
    ON of.party = e.party
WHERE e.posting IN (SELECT posting FROM book_event WHERE at <= {known:DateTime64(6, 'UTC')})
    AND (empty({months:Array(String)}) OR has({months:Array(String)}, e.service_month))
GROUP BY month, tenant, kind, cost_center, feature, provider, model
ORDER BY month, cost DESC, tenant, kind, cost_center, feature, provider, model

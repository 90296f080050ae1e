-- What the books learned between two moments, by reason: the one state and these sum to the other.
--
-- Parameters:
--   since, known DateTime64(6, 'UTC'): the moments; what was posted after the first, up to the second
--   months Array(String): only of these months; none: of all
--   by Array(String): any of tenant, kind, cost_center, feature, provider, model; the others are folded into ''
-- Columns:
--   month: that the figures are of
--   booked_in: the months that they are booked in
--   reason: as in `book_entry`
--   tenant, kind, cost_center, feature, provider, model: '' where not asked for
--   entries: how many differences were posted
--   calls: that many more
--   list_cost, cost: USD
--   price: what tenants pay by their price plans, USD
--   co2e_kg, co2e_kg_least, co2e_kg_most: operational, location-based, and its bounds, kgCO2e
SELECT
    toString(e.service_month) AS month,
    arrayStringConcat(arraySort(groupUniqArray(toString(e.month))), ', ') AS booked_in,
    toString(e.reason) AS reason,
    if(has({by:Array(String)}, 'tenant'), of.tenant_id, '') AS tenant,
    if(has({by:Array(String)}, 'kind'), toString(e.kind), '') AS kind,
    if(has({by:Array(String)}, 'cost_center'), toString(e.cost_center), '') AS cost_center,
    if(has({by:Array(String)}, 'feature'), toString(e.feature), '') AS feature,
    if(has({by:Array(String)}, 'provider'), toString(e.provider), '') AS provider,
    if(has({by:Array(String)}, 'model'), toString(e.model), '') AS model,
    count() AS entries,
    sum(e.calls) AS calls,
    sum(e.list_cost) AS list_cost,
    sum(e.cost) AS cost,
    sum(e.price) AS price,
    toDecimal128(sum(e.co2e_g), 15) / 1000 AS co2e_kg,
    toDecimal128(sum(e.co2e_g_least), 15) / 1000 AS co2e_kg_least,
    toDecimal128(sum(e.co2e_g_most), 15) / 1000 AS co2e_kg_most
FROM book_entry AS e
INNER JOIN book_party AS of
    ON of.party = e.party
WHERE e.posting IN
    (
        SELECT posting FROM book_event
        WHERE at > {since:DateTime64(6, 'UTC')} AND at <= {known:DateTime64(6, 'UTC')}
    )
    AND (empty({months:Array(String)}) OR has({months:Array(String)}, e.service_month))
GROUP BY month, reason, tenant, kind, cost_center, feature, provider, model
ORDER BY month, reason, tenant, kind, cost_center, feature, provider, model

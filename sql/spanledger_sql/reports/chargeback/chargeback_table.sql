-- What the calls of each tenant cost, by model, feature and a dimension of one's own, the largest spend first: at most so
-- many rows. Without that bound the rows add up to the spend of the period's calls.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): as the ledger was then
--   rows UInt64: how many rows at most
-- Columns:
--   tenant, cost_center, model, feature: of the calls
--   own: the value of the dimension of one's own; '' where a call says none, and without a dimension
--   calls: counted ones
--   unknown_cost_calls: of them, whose cost is in no row
--   partly_priced_calls: of them, of whose cost a part is unknown and in no row
--   unpriced_parts: up to five kinds of such parts
--   input_tokens, cache_read_tokens, output_tokens: sums
--   list_cost_usd, contracted_cost_usd: USD, sums of what is known
--   all_rows: how many rows there are without the bound
--   all_contracted_cost_usd: USD, what these add up to
SELECT
    if(tenant_id = '', '(unattributed)', tenant_id) AS tenant,
    cost_center,
    if(model = '', '(unknown model)', model) AS model,
    if(feature = '', '(no feature)', feature) AS feature,
    if({own:String} = '', '', dimensions[{own:String}]) AS own,
    sum(known_calls) AS calls,
    sumIf(least_calls, c.contracted_cost IS NULL) AS unknown_cost_calls,
    sumIf(least_calls, c.price_status = 'partial') AS partly_priced_calls,
    arrayStringConcat(arraySlice(arraySort({{kinds_of_parts}}), 1, 5), ', ') AS unpriced_parts,
    sum(c.input_tokens) AS input_tokens,
    sum(c.cache_read_tokens) AS cache_read_tokens,
    sum(c.output_tokens) AS output_tokens,
    sum(toDecimal128(c.list_cost, 12)) AS list_cost_usd,
    sum(toDecimal128(c.contracted_cost, 12)) AS contracted_cost_usd,
    count() OVER () AS all_rows,
    sum(contracted_cost_usd) OVER () AS all_contracted_cost_usd
FROM call_hours({{what_is_asked_for}}, grain = 'period', timezone = 'UTC') AS c
WHERE {{asked_for}}
GROUP BY
    tenant,
    cost_center,
    model,
    feature,
    own
ORDER BY
    contracted_cost_usd DESC NULLS LAST,
    tenant,
    model,
    feature,
    own,
    cost_center
LIMIT {rows:UInt64}

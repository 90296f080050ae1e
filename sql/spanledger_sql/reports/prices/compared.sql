-- What the same calls cost by the list and by contracts, by model, the dearest first: at most so many.
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
--   provider, model: who answered; '' where unknown
--   calls: counted ones
--   unknown_cost_calls: of them, that lack one of the two costs, and are in neither
--   tokens: of those that have both, input + output
--   list_cost, contracted_cost: USD, of the calls that have both; NULL where none has
--   saved: list_cost - contracted_cost, USD
--   discount: saved / list_cost; NULL where that is nothing
--   list_per_1m_tokens, contracted_per_1m_tokens: USD per million of their tokens, input and output alike
--   all_rows: how many rows there are without the bound
SELECT
    CAST(c.provider, 'String') AS provider,
    CAST(c.model, 'String') AS model,
    sum(c.known_calls) AS calls,
    sumIf(c.least_calls, c.list_cost IS NULL OR c.contracted_cost IS NULL) AS unknown_cost_calls,
    sumIf(c.input_tokens + c.output_tokens, c.list_cost IS NOT NULL AND c.contracted_cost IS NOT NULL) AS tokens,
    sumIf(toDecimal128(c.list_cost, 12), c.contracted_cost IS NOT NULL) AS list_cost,
    sumIf(toDecimal128(c.contracted_cost, 12), c.list_cost IS NOT NULL) AS contracted_cost,
    list_cost - contracted_cost AS saved,
    toFloat64(saved) / nullIf(toFloat64(list_cost), 0) AS discount,
    toFloat64(list_cost) / nullIf(tokens, 0) * 1000000 AS list_per_1m_tokens,
    toFloat64(contracted_cost) / nullIf(tokens, 0) * 1000000 AS contracted_per_1m_tokens,
    count() OVER () AS all_rows
FROM call_hours({{what_is_asked_for}}, grain = 'period', timezone = 'UTC') AS c
WHERE {{asked_for}}
GROUP BY provider, model
ORDER BY
    contracted_cost DESC NULLS LAST,
    calls DESC,
    provider,
    model
LIMIT {rows:UInt64}

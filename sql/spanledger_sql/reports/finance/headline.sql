-- What the calls of a period cost in all, what a call and a token cost, and what prompt caching saved.
--
-- The saving compares each call's cached prompt tokens with the price of that same call's uncached ones, less what
-- writing the cache cost above it; calls whose whole prompt was cached have no such price and are left out.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): as the ledger was then
-- Columns:
--   calls: counted ones
--   priced_calls: of them, with a known cost
--   failed_calls: of them, with an error
--   input_tokens, cache_read_tokens, output_tokens: sums
--   tokens: input + output
--   list_cost, contracted_cost: USD, over the priced calls
--   cost_per_1k_calls: USD per 1,000 priced calls
--   priced_tokens: of the priced calls, input + output
--   cost_per_1m_tokens: USD per million tokens of the priced calls
--   cache_read_share: of the input tokens, 0 to 1
--   cache_saving: USD that the tokens read from and written to the cache would have cost more at the price of the others
WITH
    selected AS
    (
        SELECT
            *,
            contracted_cost IS NOT NULL AS priced
        FROM call_hours({{what_is_asked_for}}, grain = 'period', timezone = 'UTC') AS c
        WHERE {{asked_for}}
    )
SELECT
    sum(known_calls) AS calls,
    sumIf(known_calls, priced) AS priced_calls,
    sumIf(known_calls, status = 'error') AS failed_calls,
    sum(selected.input_tokens) AS input_tokens,
    sum(selected.cache_read_tokens) AS cache_read_tokens,
    sum(selected.output_tokens) AS output_tokens,
    input_tokens + output_tokens AS tokens,
    sum(toDecimal128(selected.list_cost, 12)) AS list_cost,
    sum(toDecimal128(selected.contracted_cost, 12)) AS contracted_cost,
    if(priced_calls = 0, NULL, toFloat64(contracted_cost) / priced_calls * 1000) AS cost_per_1k_calls,
    sumIf(selected.input_tokens + selected.output_tokens, priced) AS priced_tokens,
    if(priced_tokens = 0, NULL, toFloat64(contracted_cost) / priced_tokens * 1000000) AS cost_per_1m_tokens,
    if(input_tokens = 0, NULL, cache_read_tokens / input_tokens) AS cache_read_share,
    sum(selected.cache_saving) AS cache_saving
FROM selected

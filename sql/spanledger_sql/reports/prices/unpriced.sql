-- Models of a period's calls that no price book knows, or of which a part has no price, the most used first.
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
--   provider, model: as reported
--   calls: counted ones, without a price or with a part that has none
--   unpriced_calls: of them, without any price: their cost is in no sum
--   unpriced_parts: of the others, up to five kinds of parts that have none
--   input_tokens, output_tokens: of all of them, sums
--   tenants: how many tenants used it
--   first_day, last_day: of such calls, UTC
--   all_rows: how many rows there are without the bound
SELECT
    CAST(c.provider, 'String') AS provider,
    CAST(c.model, 'String') AS model,
    sum(c.known_calls) AS calls,
    sumIf(c.least_calls, c.price_status = 'unpriced') AS unpriced_calls,
    arrayStringConcat(arraySlice(arraySort({{kinds_of_parts}}), 1, 5), ', ') AS unpriced_parts,
    sum(c.input_tokens) AS input_tokens,
    sum(c.output_tokens) AS output_tokens,
    uniqExact(c.tenant_id) AS tenants,
    toDate(min(c.ts)) AS first_day,
    toDate(max(c.ts)) AS last_day,
    count() OVER () AS all_rows
FROM call_hours({{what_is_asked_for}}, grain = 'period', timezone = 'UTC') AS c
WHERE c.price_status IN ('unpriced', 'partial') AND {{asked_for}}
GROUP BY provider, model
ORDER BY
    calls DESC,
    provider,
    model
LIMIT {rows:UInt64}

-- Models of a period's calls that tell their tokens and whose energy nobody knows, the most used first.
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
--   calls: counted ones, of unknown energy
--   input_tokens, output_tokens: of all of them, sums
--   tenants: how many tenants used it
--   all_rows: how many rows there are without the bound
SELECT
    CAST(c.provider, 'String') AS provider,
    CAST(c.model, 'String') AS model,
    sum(c.known_calls) AS calls,
    sum(c.input_tokens) AS input_tokens,
    sum(c.output_tokens) AS output_tokens,
    uniqExact(c.tenant_id) AS tenants,
    count() OVER () AS all_rows
FROM call_hours({{what_is_asked_for}}, grain = 'period', timezone = 'UTC') AS c
WHERE c.energy_wh IS NULL AND c.usage_source != 'missing' AND {{asked_for}}
GROUP BY provider, model
ORDER BY
    calls DESC,
    provider,
    model
LIMIT {rows:UInt64}

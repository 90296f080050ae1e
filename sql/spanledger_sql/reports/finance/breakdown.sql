-- What each tenant, model, feature, provider or value of one's own spent, and what its calls and tokens cost apiece; the largest spend first.
--
-- Unit costs are over the calls whose cost is known. The largest names keep their own row, the others are summed
-- into '(all others)'; '(unattributed)' always has a row of its own. These two come last.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): as the ledger was then
--   dimension String: `tenant`, `model`, `feature`, `provider`, or `own` for the dimension of one's own
--   names UInt16: how many names keep a row
-- Columns:
--   name: of the dimension
--   names: how many names the row sums
--   calls: counted ones
--   unknown_cost_calls: of them, without a known cost
--   input_tokens, cache_read_tokens, output_tokens: sums
--   contracted_cost: USD, sum of what is known
--   priced_input_tokens, priced_output_tokens: of the calls whose cost is known
--   cost_per_1k_calls: USD per 1,000 calls whose cost is known
--   cost_per_1m_tokens: USD per million of their tokens, input and output alike
--   cost_per_1m_input_tokens: USD of their input, cache included, per million input tokens
--   cost_per_1m_output_tokens: USD of their output per million output tokens
WITH
    by_name AS
    (
        SELECT
            if({dimension:String} = 'own', {{own_name}}, multiIf(
                {dimension:String} = 'tenant', if(tenant_id = '', '(unattributed)', tenant_id),
                {dimension:String} = 'model', if(model = '', '(unknown model)', model),
                {dimension:String} = 'feature', if(feature = '', '(no feature)', feature),
                if(provider = '', '(unknown provider)', provider)
            )) AS name,
            sum(c.known_calls) AS calls,
            sumIf(c.known_calls, c.contracted_cost IS NOT NULL) AS priced_calls,
            sumIf(c.least_calls, c.contracted_cost IS NULL) AS unknown_cost_calls,
            sum(c.input_tokens) AS input_tokens,
            sum(c.cache_read_tokens) AS cache_read_tokens,
            sum(c.output_tokens) AS output_tokens,
            sum(toDecimal128(c.contracted_cost, 12)) AS contracted_cost,
            sumIf(c.input_tokens, c.contracted_cost IS NOT NULL) AS priced_input_tokens,
            sumIf(c.output_tokens, c.contracted_cost IS NOT NULL) AS priced_output_tokens,
            sum(toDecimal128(c.input_cost, 12))
                + sum(toDecimal128(c.cache_read_cost, 12))
                + sum(toDecimal128(c.cache_write_cost, 12)) AS whole_input_cost,
            sum(toDecimal128(c.output_cost, 12)) AS output_cost
        FROM call_hours({{what_is_asked_for}}, grain = 'period', timezone = 'UTC') AS c
        WHERE {{asked_for}}
        GROUP BY name
    ),
    ranked AS
    (
        SELECT
            *,
            row_number() OVER (
                PARTITION BY name = '(unattributed)'
                ORDER BY contracted_cost DESC NULLS LAST, calls DESC, name
            ) AS place
        FROM by_name
    )
SELECT
    if(r.name = '(unattributed)' OR r.place <= {names:UInt16}, r.name, '(all others)') AS name,
    count() AS names,
    sum(r.calls) AS calls,
    sum(r.unknown_cost_calls) AS unknown_cost_calls,
    sum(r.input_tokens) AS input_tokens,
    sum(r.cache_read_tokens) AS cache_read_tokens,
    sum(r.output_tokens) AS output_tokens,
    sum(r.contracted_cost) AS contracted_cost,
    sum(r.priced_input_tokens) AS priced_input_tokens,
    sum(r.priced_output_tokens) AS priced_output_tokens,
    toFloat64(contracted_cost) / nullIf(sum(r.priced_calls), 0) * 1000 AS cost_per_1k_calls,
    toFloat64(contracted_cost) / nullIf(priced_input_tokens + priced_output_tokens, 0) * 1000000 AS cost_per_1m_tokens,
    toFloat64(sum(r.whole_input_cost)) / nullIf(priced_input_tokens, 0) * 1000000 AS cost_per_1m_input_tokens,
    toFloat64(sum(r.output_cost)) / nullIf(priced_output_tokens, 0) * 1000000 AS cost_per_1m_output_tokens
FROM ranked AS r
GROUP BY name
ORDER BY
    name = '(unattributed)',
    name = '(all others)',
    contracted_cost DESC NULLS LAST,
    calls DESC,
    name

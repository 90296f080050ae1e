-- What each tenant, model, feature or provider spent, and what its calls and tokens cost apiece; the largest spend first.
--
-- Unit costs are over the calls whose cost is known. The largest names keep their own row, the others are summed
-- into '(all others)'; '(unattributed)' always has a row of its own. These two come last.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
--   moment DateTime64(6, 'UTC'): as the ledger was then
--   dimension String: `tenant`, `model`, `feature` or `provider`
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
    selected AS
    (
        SELECT
            multiIf(
                {dimension:String} = 'tenant', if(tenant_id = '', '(unattributed)', tenant_id),
                {dimension:String} = 'model', if(model = '', '(unknown model)', model),
                {dimension:String} = 'feature', if(feature = '', '(no feature)', feature),
                if(provider = '', '(unknown provider)', provider)
            ) AS name,
            input_tokens,
            cache_read_tokens,
            output_tokens,
            contracted_cost,
            input_cost,
            cache_read_cost,
            cache_write_cost,
            output_cost,
            known_calls,
            least_calls
        FROM calls_at(moment = {moment:DateTime64(6, 'UTC')})
        WHERE ts >= {from:DateTime64(9, 'UTC')}
            AND ts < {to:DateTime64(9, 'UTC')}
            AND (empty({tenants:Array(String)})
                OR has({tenants:Array(String)}, if(tenant_id = '', '(unattributed)', tenant_id)))
    ),
    largest AS
    (
        SELECT name
        FROM selected
        WHERE name != '(unattributed)'
        GROUP BY name
        ORDER BY
            sum(toDecimal128(contracted_cost, 12)) DESC NULLS LAST,
            sum(known_calls) DESC,
            name
        LIMIT {names:UInt16}
    )
SELECT
    if(s.name = '(unattributed)' OR s.name IN (SELECT name FROM largest), s.name, '(all others)') AS name,
    uniqExact(s.name) AS names,
    sum(known_calls) AS calls,
    sumIf(least_calls, s.contracted_cost IS NULL) AS unknown_cost_calls,
    sum(s.input_tokens) AS input_tokens,
    sum(s.cache_read_tokens) AS cache_read_tokens,
    sum(s.output_tokens) AS output_tokens,
    sum(toDecimal128(s.contracted_cost, 12)) AS contracted_cost,
    sumIf(s.input_tokens, s.contracted_cost IS NOT NULL) AS priced_input_tokens,
    sumIf(s.output_tokens, s.contracted_cost IS NOT NULL) AS priced_output_tokens,
    toFloat64(contracted_cost) / nullIf(calls - unknown_cost_calls, 0) * 1000 AS cost_per_1k_calls,
    toFloat64(contracted_cost) / nullIf(priced_input_tokens + priced_output_tokens, 0) * 1000000 AS cost_per_1m_tokens,
    toFloat64(
        sum(toDecimal128(s.input_cost, 12))
        + sum(toDecimal128(s.cache_read_cost, 12))
        + sum(toDecimal128(s.cache_write_cost, 12))
    ) / nullIf(priced_input_tokens, 0) * 1000000 AS cost_per_1m_input_tokens,
    toFloat64(sum(toDecimal128(s.output_cost, 12)))
        / nullIf(priced_output_tokens, 0) * 1000000 AS cost_per_1m_output_tokens
FROM selected AS s
GROUP BY name
ORDER BY
    name = '(unattributed)',
    name = '(all others)',
    contracted_cost DESC NULLS LAST,
    calls DESC,
    name

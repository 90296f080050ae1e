-- Who and what calls cost most, by several dimensions at once and in all, since the engine takes longer to plan each than to answer it:
-- of each dimension the rows of finance/breakdown, and of the whole what finance/headline tells.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): as the ledger was then
--   dimensions Array(String): any of `tenant`, `model`, `feature`, `provider`, `own` for the dimension of one's own, and `whole`;
--     one may stand there more than once
--   names Array(UInt16): of each of `dimensions`, how many names keep a row
-- Columns:
--   dimension: of `dimensions`
--   kept_names: of `names`
--   name: of the dimension; `(all others)` for those that keep no row, `(whole)` of all
--   names: how many names the row sums
--   calls: counted ones
--   ledger_rows: rows of the ledger, a bucket of calls of which only a metric or a usage report tells being one
--   priced_calls: calls with a known cost
--   unknown_cost_calls: calls without a known cost
--   failed_calls: calls with an error
--   input_tokens, cache_read_tokens, output_tokens: sums
--   tokens: input + output
--   list_cost, contracted_cost: USD, sums of what is known
--   cost_per_1k_calls: USD per 1,000 calls whose cost is known
--   cost_per_1m_tokens: USD per million of their tokens, input and output alike
--   cost_per_1m_input_tokens: USD of their input, cache included, per million input tokens
--   cost_per_1m_output_tokens: USD of their output per million output tokens
--   cache_read_share: of the input tokens, 0 to 1; NULL where there are none
--   cache_saving: USD that the tokens read from and written to the cache would have cost more at the price of the others
WITH
    combined AS
    (
        SELECT
            CAST(if(has({dimensions:Array(String)}, 'tenant'), tenant_id, ''), 'String') AS tenant,
            CAST(if(has({dimensions:Array(String)}, 'model'), c.model, ''), 'String') AS model,
            CAST(if(has({dimensions:Array(String)}, 'feature'), c.feature, ''), 'String') AS feature,
            CAST(if(has({dimensions:Array(String)}, 'provider'), c.provider, ''), 'String') AS provider,
            if(has({dimensions:Array(String)}, 'own'), {{own_name}}, '') AS own,
            sum(c.known_calls) AS calls,
            sum(c.ledger_rows) AS ledger_rows,
            sumIf(c.known_calls, c.contracted_cost IS NOT NULL) AS priced_calls,
            sumIf(c.least_calls, c.contracted_cost IS NULL) AS unknown_cost_calls,
            sumIf(c.known_calls, c.status = 'error') AS failed_calls,
            sum(c.input_tokens) AS input_tokens,
            sum(c.cache_read_tokens) AS cache_read_tokens,
            sum(c.output_tokens) AS output_tokens,
            sumIf(c.input_tokens, c.contracted_cost IS NOT NULL) AS priced_input_tokens,
            sumIf(c.output_tokens, c.contracted_cost IS NOT NULL) AS priced_output_tokens,
            sum(toDecimal128(c.list_cost, 12)) AS list_cost,
            sum(toDecimal128(c.contracted_cost, 12)) AS contracted_cost,
            sum(toDecimal128(c.input_cost, 12))
                + sum(toDecimal128(c.cache_read_cost, 12))
                + sum(toDecimal128(c.cache_write_cost, 12)) AS whole_input_cost,
            sum(toDecimal128(c.output_cost, 12)) AS output_cost,
            sum(c.cache_saving) AS cache_saving
        FROM call_hours({{what_is_asked_for}}, grain = 'period', timezone = 'UTC') AS c
        WHERE {{asked_for}}
        GROUP BY tenant, model, feature, provider, own
    ),
    by_name AS
    (
        SELECT
            of AS dimension,
            kept AS kept_names,
            multiIf(
                of = 'whole', '(whole)',
                of = 'own', own,
                of = 'tenant', if(tenant = '', '(unattributed)', tenant),
                of = 'model', if(model = '', '(unknown model)', model),
                of = 'feature', if(feature = '', '(no feature)', feature),
                if(provider = '', '(unknown provider)', provider)
            ) AS name,
            sum(combined.calls) AS calls,
            sum(combined.ledger_rows) AS ledger_rows,
            sum(combined.priced_calls) AS priced_calls,
            sum(combined.unknown_cost_calls) AS unknown_cost_calls,
            sum(combined.failed_calls) AS failed_calls,
            sum(combined.input_tokens) AS input_tokens,
            sum(combined.cache_read_tokens) AS cache_read_tokens,
            sum(combined.output_tokens) AS output_tokens,
            sum(combined.priced_input_tokens) AS priced_input_tokens,
            sum(combined.priced_output_tokens) AS priced_output_tokens,
            sum(combined.list_cost) AS list_cost,
            sum(combined.contracted_cost) AS contracted_cost,
            sum(combined.whole_input_cost) AS whole_input_cost,
            sum(combined.output_cost) AS output_cost,
            sum(combined.cache_saving) AS cache_saving
        FROM combined
        ARRAY JOIN {dimensions:Array(String)} AS of, {names:Array(UInt16)} AS kept
        GROUP BY dimension, kept_names, name
    ),
    ranked AS
    (
        SELECT
            *,
            row_number() OVER (
                PARTITION BY dimension, kept_names, name = '(unattributed)'
                ORDER BY contracted_cost DESC NULLS LAST, calls DESC, name
            ) AS place
        FROM by_name
    )
SELECT
    r.dimension AS dimension,
    r.kept_names AS kept_names,
    if(r.name IN ('(unattributed)', '(whole)') OR r.place <= r.kept_names, r.name, '(all others)') AS name,
    count() AS names,
    sum(r.calls) AS calls,
    sum(r.ledger_rows) AS ledger_rows,
    sum(r.priced_calls) AS priced_calls,
    sum(r.unknown_cost_calls) AS unknown_cost_calls,
    sum(r.failed_calls) AS failed_calls,
    sum(r.input_tokens) AS input_tokens,
    sum(r.cache_read_tokens) AS cache_read_tokens,
    sum(r.output_tokens) AS output_tokens,
    input_tokens + output_tokens AS tokens,
    sum(r.list_cost) AS list_cost,
    sum(r.contracted_cost) AS contracted_cost,
    toFloat64(contracted_cost) / nullIf(priced_calls, 0) * 1000 AS cost_per_1k_calls,
    toFloat64(contracted_cost)
        / nullIf(sum(r.priced_input_tokens) + sum(r.priced_output_tokens), 0) * 1000000 AS cost_per_1m_tokens,
    toFloat64(sum(r.whole_input_cost)) / nullIf(sum(r.priced_input_tokens), 0) * 1000000 AS cost_per_1m_input_tokens,
    toFloat64(sum(r.output_cost)) / nullIf(sum(r.priced_output_tokens), 0) * 1000000 AS cost_per_1m_output_tokens,
    cache_read_tokens / nullIf(input_tokens, 0) AS cache_read_share,
    sum(r.cache_saving) AS cache_saving
FROM ranked AS r
GROUP BY dimension, kept_names, name
ORDER BY
    indexOf({dimensions:Array(String)}, dimension),
    kept_names,
    name = '(unattributed)',
    name = '(all others)',
    contracted_cost DESC NULLS LAST,
    calls DESC,
    name

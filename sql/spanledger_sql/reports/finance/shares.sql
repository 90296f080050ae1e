-- Who and what calls cost most, by several dimensions at once, since the engine takes longer to plan each than to answer it: of each
-- dimension the rows of finance/breakdown, without unit costs.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): as the ledger was then
--   dimensions Array(String): any of `tenant`, `model`, `feature`, `provider`, and `own` for the dimension of one's own
--   names UInt16: how many names of each keep a row
-- Columns:
--   dimension: of `dimensions`
--   name: of the dimension; `(all others)` for those that keep no row
--   names: how many names the row sums
--   calls: counted ones
--   contracted_cost: USD, sum of what is known
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
            sum(toDecimal128(c.contracted_cost, 12)) AS contracted_cost
        FROM call_hours({{what_is_asked_for}}, grain = 'period', timezone = 'UTC') AS c
        WHERE {{asked_for}}
        GROUP BY tenant, model, feature, provider, own
    ),
    by_name AS
    (
        SELECT
            of AS dimension,
            multiIf(
                of = 'own', own,
                of = 'tenant', if(tenant = '', '(unattributed)', tenant),
                of = 'model', if(model = '', '(unknown model)', model),
                of = 'feature', if(feature = '', '(no feature)', feature),
                if(provider = '', '(unknown provider)', provider)
            ) AS name,
            sum(combined.calls) AS calls,
            sum(combined.contracted_cost) AS contracted_cost
        FROM combined
        ARRAY JOIN {dimensions:Array(String)} AS of
        GROUP BY dimension, name
    ),
    ranked AS
    (
        SELECT
            *,
            row_number() OVER (
                PARTITION BY dimension, name = '(unattributed)'
                ORDER BY contracted_cost DESC NULLS LAST, calls DESC, name
            ) AS place
        FROM by_name
    )
SELECT
    r.dimension AS dimension,
    if(r.name = '(unattributed)' OR r.place <= {names:UInt16}, r.name, '(all others)') AS name,
    count() AS names,
    sum(r.calls) AS calls,
    sum(r.contracted_cost) AS contracted_cost
FROM ranked AS r
GROUP BY dimension, name
ORDER BY
    indexOf({dimensions:Array(String)}, dimension),
    name = '(unattributed)',
    name = '(all others)',
    contracted_cost DESC NULLS LAST,
    calls DESC,
    name

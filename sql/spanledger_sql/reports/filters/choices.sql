-- All that pages may be narrowed to, in one question, since the engine takes longer to plan each than to answer it: tenants and
-- the dimensions of one's own by name, the values of each other dimension the most frequent first.
--
-- Parameters:
--   values UInt64: how many values at most of each dimension; tenants and dimensions of one's own are all told
-- Columns:
--   dimension: `tenant`, `own`, `cost_center`, `environment`, `service`, `feature`, `workflow`, `provider`, `model` or `zone`
--   value: a tenant's name, '(unattributed)' last; the name of a dimension of one's own, as `attribution(name=...)` says it;
--     else what calls have of the dimension, '' of calls that say none
WITH
    combined AS
    (
        SELECT
            cost_center, environment, service_name, feature, workflow, provider, model, zone,
            sum(r.reports) AS reports,
            groupUniqArray(CAST(tenant_id, 'String')) AS tenants,
            groupUniqArrayArray(mapKeys(dimensions)) AS own
        FROM recorded_hours(told = []) AS r
        GROUP BY cost_center, environment, service_name, feature, workflow, provider, model, zone
    )
SELECT
    pair.1 AS dimension,
    pair.2 AS value
FROM
(
    SELECT
        combined.reports AS reports,
        arrayConcat(
            [
                ('cost_center', CAST(cost_center, 'String')),
                ('environment', CAST(environment, 'String')),
                ('service', CAST(service_name, 'String')),
                ('feature', CAST(feature, 'String')),
                ('workflow', CAST(workflow, 'String')),
                ('provider', CAST(provider, 'String')),
                ('model', CAST(model, 'String')),
                ('zone', CAST(zone, 'String'))
            ],
            arrayMap(name -> ('tenant', if(name = '', '(unattributed)', name)), tenants),
            arrayMap(name -> ('own', CAST(name, 'String')), own)) AS pairs
    FROM combined
    UNION ALL
    -- What has too many values for sums to tell it apart.
    SELECT 0, arrayMap(name -> ('own', CAST(name, 'String')), summed.left_out)
    FROM ledger_hour
) AS told
ARRAY JOIN pairs AS pair
GROUP BY
    dimension,
    value
ORDER BY
    dimension,
    if(dimension IN ('tenant', 'own'), 0, sum(told.reports)) DESC,
    dimension = 'tenant' AND value = '(unattributed)',
    value
LIMIT {values:UInt64} BY dimension, if(dimension IN ('tenant', 'own'), value, '')

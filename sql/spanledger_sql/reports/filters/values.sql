-- What calls have of each dimension that pages are narrowed by, the most frequent first: at most so many of each.
--
-- Parameters:
--   values UInt64: how many of each dimension at most
-- Columns:
--   dimension: `cost_center`, `environment`, `service`, `feature`, `workflow`, `provider` or `model`
--   value: '' of calls that say none
WITH
    combined AS
    (
        SELECT
            cost_center, environment, service_name, feature, workflow, provider, model,
            sum(r.reports) AS reports
        FROM recorded_hours(told = []) AS r
        GROUP BY ALL
    )
SELECT
    pair.1 AS dimension,
    pair.2 AS value
FROM combined
ARRAY JOIN [
    ('cost_center', CAST(cost_center, 'String')),
    ('environment', CAST(environment, 'String')),
    ('service', CAST(service_name, 'String')),
    ('feature', CAST(feature, 'String')),
    ('workflow', CAST(workflow, 'String')),
    ('provider', CAST(provider, 'String')),
    ('model', CAST(model, 'String'))
] AS pair
GROUP BY
    dimension,
    value
ORDER BY
    dimension,
    sum(combined.reports) DESC,
    value
LIMIT {values:UInt64} BY dimension

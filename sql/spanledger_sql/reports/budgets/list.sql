-- The budgets that are in force.
--
-- Columns:
--   budget: its name
--   scope, dimension: as in `budget`
--   whose: the tenant, feature, cost centre, model or value; '' of the total
--   unit, amount, every, timezone, thresholds, source, said_at: as in `budget`
SELECT
    budget_id AS budget,
    scope,
    dimension,
    if(scope = 'tenant', CAST(tenant_id, 'String'), name) AS whose,
    unit,
    amount,
    every,
    timezone,
    thresholds,
    source,
    said_at
FROM budget FINAL
WHERE removed = 0
ORDER BY budget_id

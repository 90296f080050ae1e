-- Whether apps or evaluations told of outcomes in a period, so that what they cost need not be looked for where there are none.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): outcomes of that time, half-open
--   tenants Array(String): whose outcomes, or nobody's yet; empty: all
-- Columns:
--   outcomes: how many
--   told_at: when the last of them was stored, or was given another tenant, UTC
SELECT
    uniqExact(o.outcome_id) AS outcomes,
    max(o.attributed_at) AS told_at
FROM outcome AS o
WHERE o.ts >= {from:DateTime64(9, 'UTC')} AND o.ts < {to:DateTime64(9, 'UTC')}
    AND (empty({tenants:Array(String)}) OR o.tenant_id = '(unattributed)' OR has({tenants:Array(String)}, o.tenant_id))

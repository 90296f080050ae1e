-- The tenants that a report may be narrowed to.
-- Parameters: none.
-- Columns: tenant (calls without one as '(unattributed)', last), calls.
SELECT
    if(tenant_id = '', '(unattributed)', tenant_id) AS tenant,
    count() AS calls
FROM calls
GROUP BY tenant
ORDER BY
    tenant = '(unattributed)',
    tenant

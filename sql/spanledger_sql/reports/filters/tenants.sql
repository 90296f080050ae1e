-- The tenants that a report may be narrowed to.
--
-- Columns:
--   tenant: its name; calls without one as '(unattributed)', last
--   calls: counted ones
SELECT
    if(tenant_id = '', '(unattributed)', tenant_id) AS tenant,
    sum(known_calls) AS calls
FROM calls
GROUP BY tenant
ORDER BY
    tenant = '(unattributed)',
    tenant

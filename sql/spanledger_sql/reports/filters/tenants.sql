-- The tenants that a report may be narrowed to.
--
-- Columns:
--   tenant: its name; calls without one as '(unattributed)', last
SELECT DISTINCT if(tenant_id = '', '(unattributed)', tenant_id) AS tenant
FROM recorded_hours(told = [])
ORDER BY
    tenant = '(unattributed)',
    tenant

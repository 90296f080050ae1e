-- The price plans by which a tenant's statement of a month is made: of that month and of those before it.
-- Parameters:
--   tenant String: the tenant
--   month String: the last
SELECT
    formatDateTime(month, '%Y-%m') AS of_month, plan_id, tenant_id, basis, markup_percent, card, rounding, decimals, currency, pays,
    usd_each
FROM plan_month
WHERE tenant_id IN ({tenant:String}, if(startsWith({tenant:String}, '('), '', '*')) AND of_month <= {month:String}
ORDER BY of_month, tenant_id = '*' DESC

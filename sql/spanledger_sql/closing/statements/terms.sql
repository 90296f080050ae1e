-- The price plans by which tenants' statements of a month are made: of that month and of those before it.
-- Parameters:
--   month String: the last
SELECT
    formatDateTime(month, '%Y-%m') AS of_month, plan_id, tenant_id, basis, markup_percent, card, rounding, decimals, currency, pays,
    usd_each
FROM plan_month
WHERE of_month <= {month:String}
ORDER BY of_month, tenant_id

-- The plans of closed months, with the currency and the rate that their statements have.
-- Parameters:
--   first, last String: the months
SELECT
    formatDateTime(month, '%Y-%m') AS of_month,
    plan_id,
    CAST(currency, 'String') AS currency,
    assumeNotNull(usd_each) AS usd_each,
    plan_id IN (SELECT plan_id FROM price_plan FINAL WHERE exchange_rate != 0) AS agreed
FROM plan_month
WHERE of_month BETWEEN {first:String} AND {last:String} AND usd_each IS NOT NULL
ORDER BY of_month, plan_id

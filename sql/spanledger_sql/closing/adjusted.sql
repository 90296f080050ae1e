-- Of a posting: what it adjusts of closed months, by reason; cost is USD, and price what tenants pay of it, USD.
-- Parameters:
--   posting String: which
SELECT month, service_month, reason, count() AS entries, sum(e.cost) AS cost, sum(e.price) AS price, sum(e.co2e_g) AS co2e_g
FROM book_entry AS e
WHERE posting = {posting:String} AND month != service_month
GROUP BY month, service_month, reason
ORDER BY month, service_month, reason

-- Which providers' invoices are reconciled and allocated, by month.
SELECT DISTINCT formatDateTime(last_day, '%Y-%m') AS month, provider
FROM reconciliation FINAL
ORDER BY month, provider

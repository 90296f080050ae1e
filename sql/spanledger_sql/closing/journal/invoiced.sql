-- Which providers' invoices are reconciled and allocated, by month: as entries of them are booked.
SELECT DISTINCT formatDateTime(begins + INTERVAL 9 HOUR, '%Y-%m') AS month, provider
FROM reconciliation FINAL
ORDER BY month, provider

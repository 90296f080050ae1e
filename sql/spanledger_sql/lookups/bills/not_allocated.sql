-- Who charges on days whose bills were not reconciled and allocated.
--
-- Parameters:
--   first, last Date: days of the period, in each bill's zone
-- Columns:
--   provider: who charges
WITH (SELECT groupArray((provider, first_day, last_day)) FROM reconciliation FINAL) AS reconciled
SELECT DISTINCT CAST(provider, 'String') AS provider
FROM billed_charge AS charge
WHERE charge.amount IS NOT NULL
    AND charge.day BETWEEN {first:Date} AND {last:Date}
    AND NOT arrayExists(done -> done.1 = charge.provider AND charge.day BETWEEN done.2 AND done.3, reconciled)
ORDER BY provider

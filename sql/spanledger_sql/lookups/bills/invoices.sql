-- What invoices of providers that were reconciled are called, where their bills name them, and their period is over.
--
-- Parameters:
--   now DateTime64(9, 'UTC'): when it is
-- Columns:
--   invoice: its number; the reconciliation's id where a period has several
SELECT DISTINCT
    -- Of a period with several, the reconciliation stands for them.
    if(length(invoices) = 1, invoices[1], id) AS invoice
FROM
(
    SELECT
        known.reconciliation_id AS id,
        groupUniqArrayArray(bill.invoices) AS invoices
    FROM (SELECT reconciliation_id, arrayJoin(bills) AS bill_id FROM reconciliation FINAL WHERE ends <= {now:DateTime64(9, 'UTC')})
        AS known
    INNER JOIN (SELECT * FROM bill FINAL) AS bill
        ON bill.bill_id = known.bill_id
    GROUP BY known.reconciliation_id
    HAVING sum(bill.invoiced_charges) > 0 AND sum(bill.invoiced_charges) = sum(bill.charges)
)
ORDER BY invoice

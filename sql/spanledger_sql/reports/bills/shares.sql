-- What each tenant's part of the invoices is, by the reconciliations in force.
--
-- Parameters:
--   first, last Date: days of the period
-- Columns:
--   provider: whose bills
--   first_day, last_day: of the reconciliation's period
--   tenant: who is charged
--   metered: by the books, USD
--   adjusted: what the reconciliation adds to it, USD
--   amount: their sum, USD
--   currency: of the bills
--   invoiced: in that currency, to its subunit: these sum to the invoice
--   policy: how the difference was allocated
--   outdated: whether a bill that it rests on was taken back since
--   reconciliation_id: the reconciliation
SELECT
    done.provider AS provider,
    done.first_day AS first_day,
    done.last_day AS last_day,
    share.tenant_id AS tenant,
    share.metered AS metered,
    share.adjusted AS adjusted,
    share.amount AS amount,
    share.currency AS currency,
    share.invoiced AS invoiced,
    done.policy AS policy,
    NOT hasAll((SELECT groupArray(bill_id) FROM bill FINAL WHERE NOT deleted), done.bills) AS outdated,
    done.reconciliation_id AS reconciliation_id
FROM (SELECT * FROM reconciliation FINAL) AS done
INNER JOIN invoice_share AS share
    ON share.reconciliation_id = done.reconciliation_id
WHERE done.first_day >= {first:Date} AND done.last_day <= {last:Date}
ORDER BY provider, first_day, tenant

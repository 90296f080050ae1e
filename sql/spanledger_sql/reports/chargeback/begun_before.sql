-- Charges that a period takes part in and that stand in none of its figures: they began before it, and a charge is booked
-- whole in the moment at which what it is for begins, as `booked_at` of `beside_call` has it; likewise, what ends with a
-- day has its last hours in that day wherever the tenant is.
--
-- Parameters:
--   from DateTime64(9, 'UTC'): when the period begins
--   tenants Array(String): only what they pay; none: everybody's
-- Columns:
--   charges: how many charges and reconciled invoices
--   amount: what they come to, USD
SELECT
    uniqExact(charge_id) AS charges,
    sum(amount) AS amount
FROM
(
    SELECT done.reconciliation_id AS charge_id, part.amount AS amount, part.tenant_id AS tenant
    FROM (SELECT * FROM reconciliation FINAL) AS done
    INNER JOIN bill_adjustment AS part ON part.reconciliation_id = done.reconciliation_id
    WHERE part.cause != 'commitments'
        AND done.begins + INTERVAL 9 HOUR < {from:DateTime64(9, 'UTC')}
        AND done.ends - INTERVAL 15 HOUR > {from:DateTime64(9, 'UTC')}
    UNION ALL
    SELECT one.charge_id, share.amount, share.tenant_id
    FROM (SELECT * FROM charge FINAL) AS one
    INNER JOIN charge_share AS share ON share.charge_id = one.charge_id
    WHERE (share.charge_id, share.version) IN (SELECT charge_id, version FROM charge_allocation FINAL)
        AND one.kind != 'prepaid'
        AND one.begins + toIntervalHour(if(toStartOfDay(one.begins) = one.begins, 9, 0)) < {from:DateTime64(9, 'UTC')}
        AND one.ends - toIntervalHour(if(toStartOfDay(one.ends) = one.ends, 15, 0)) > {from:DateTime64(9, 'UTC')}
)
WHERE empty({tenants:Array(String)}) OR has({tenants:Array(String)}, tenant)

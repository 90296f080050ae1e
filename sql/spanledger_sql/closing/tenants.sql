-- Everybody whom the ledger, commitments, charges or reconciliations charge something to.
SELECT DISTINCT if(tenant_id = '', '(unattributed)', tenant_id) AS tenant
FROM
(
    SELECT DISTINCT tenant_id FROM ledger WHERE counted = 1
    UNION ALL
    SELECT DISTINCT tenant_id FROM idle_drawn
    UNION ALL
    SELECT DISTINCT tenant_id FROM allocated_cost
    UNION ALL
    SELECT DISTINCT tenant_id FROM bill_adjustment
    UNION ALL
    SELECT DISTINCT tenant_id FROM charge_share
    UNION ALL
    -- Who has a minimum to pay.
    SELECT DISTINCT tenant_id FROM plan_month WHERE tenant_id != '*' AND minimum > 0
    UNION ALL
    -- Whose bills are that nobody has shared out yet.
    SELECT '(unattributed)'
)
ORDER BY tenant

-- The reconciliations in force of a period, the newest first: the difference of each is charged to tenants.
--
-- Parameters:
--   first, last Date: days of the period; a reconciliation that shares a day with it is one of it
-- Columns:
--   provider: whose bills
--   first_day, last_day: of the reconciliation
--   metered, billed: by the books and by the bills, USD
--   difference: billed - metered, USD
--   coverage: share of the billed use that is metered, 0 to 1; NULL: nothing was billed
--   open_amount: what the causes come to that a reconciliation must not have, each without its sign, USD
--   tolerance: how much of that was allowed, USD
--   holds: whether it is within the tolerance
--   policy: how the difference was allocated
--   outdated: whether a bill that it rests on was taken back since
--   made_by: the user who did it
--   made_at: when, UTC
--   reconciliation_id: its terms are in the report `bills/terms`
SELECT
    CAST(done.provider, 'String') AS provider,
    done.first_day AS first_day,
    done.last_day AS last_day,
    done.metered AS metered,
    done.billed AS billed,
    done.billed - done.metered AS difference,
    done.coverage AS coverage,
    done.open_amount AS open_amount,
    done.tolerance AS tolerance,
    done.open_amount <= done.tolerance AS holds,
    CAST(done.policy, 'String') AS policy,
    NOT hasAll((SELECT groupArray(bill_id) FROM bill FINAL WHERE NOT deleted), done.bills) AS outdated,
    done.made_by AS made_by,
    done.made_at AS made_at,
    done.reconciliation_id AS reconciliation_id
FROM (SELECT * FROM reconciliation FINAL) AS done
WHERE done.first_day <= {last:Date} AND done.last_day >= {first:Date}
ORDER BY last_day DESC, provider

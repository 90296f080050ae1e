-- What the journals of closes in force have made of the accounts: debits less credits.
-- Parameters:
--   upto UInt64: the last event that counts
SELECT service_month, provider, says, account, cost_center, sum(debit) - sum(credit) AS amount
FROM book_journal
WHERE posting IN (SELECT posting FROM book_event WHERE action = 'hard' AND number <= {upto:UInt64})
GROUP BY service_month, provider, says, account, cost_center
HAVING amount != 0
ORDER BY service_month, provider, says, account, cost_center

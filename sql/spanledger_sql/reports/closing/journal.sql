-- The journal of a closed month, for the general ledger: debits are credits.
--
-- Parameters:
--   posting String: of the close
-- Columns:
--   line: its place
--   month: the closed month
--   service_month: the month that it is of
--   says: `accrual`, `adjustment`, `reversal` or `invoice`
--   account: `expense`, `accrued` or `payable`
--   cost_center: of an expense; '' none
--   provider: who is owed
--   debit, credit: USD
SELECT line, month, service_month, says, account, cost_center, provider, debit, credit
FROM book_journal
WHERE posting = {posting:String}
ORDER BY line

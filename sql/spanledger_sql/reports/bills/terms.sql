-- From what was metered to what was billed by a reconciliation that was allocated, as it was then: `metered` and the causes sum to
-- `billed`.
--
-- Parameters:
--   reconciliation_id String: which, as the report `bills/reconciled` names it
-- Columns:
--   cause: `metered`, `billed`, or a cause as the report `bills/bridge` names it
--   amount: USD
--   unpriced_calls: metered ones without a price, whose cost is in none
SELECT
    CAST(terms.cause, 'String') AS cause,
    sum(terms.amount) AS amount,
    sum(terms.unpriced_calls) AS unpriced_calls
FROM reconciliation_term AS terms
WHERE terms.reconciliation_id = {reconciliation_id:String}
GROUP BY cause
ORDER BY cause

-- What all booked months up to one come to, by the month that it is of, who is owed for what (`bill`: what providers' bills have;
-- commitments and charges are on none that is reconciled), and cost centre.
-- Parameters:
--   month String: the last month
--   posting String: entries that count though they are not in force yet
--   upto UInt64: the last event that counts
SELECT
    e.service_month AS service_month,
    e.provider AS provider,
    multiIf(e.kind IN ('commitment', 'idle commitment'), 'commitment', e.kind = 'charge', 'charge', 'bill') AS claim,
    e.cost_center AS cost_center,
    sum(e.cost) AS cost
FROM book_entry AS e
WHERE e.month <= {month:String}
    AND (e.posting IN (SELECT posting FROM book_event WHERE number <= {upto:UInt64}) OR e.posting = {posting:String})
GROUP BY service_month, provider, claim, cost_center
HAVING cost != 0
ORDER BY service_month, provider, claim, cost_center

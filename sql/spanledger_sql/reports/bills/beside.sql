-- What bills of a period hold beside charges for calls of models: lines of other services, which no reconciliation counts.
--
-- Parameters:
--   first, last Date: days of the period
-- Columns:
--   provider: who charges
--   service: what it calls the product
--   lines: how many
--   amount: what they come to
--   currency: of the amount
SELECT
    line.provider AS provider,
    line.service AS service,
    count() AS lines,
    sum(ifNull(line.amount, 0)) AS amount,
    line.currency AS currency
FROM (SELECT * FROM bill_line FINAL WHERE meter = 'other_service') AS line
WHERE line.bill_id IN (SELECT bill_id FROM bill FINAL WHERE NOT deleted)
    AND line.day BETWEEN {first:Date} AND {last:Date}
GROUP BY provider, service, currency
ORDER BY provider, amount DESC

-- What bills charge beside the tokens of models, day by day: what a charge that is entered by hand may be as well.
--
-- Parameters:
--   first, last Date: of these days, in each bill's zone
-- Columns:
--   bill: the file
--   provider: who charges
--   meter: what for
--   invoice_id: '' where not told
--   day: in the bill's zone
--   currency: of the amount
--   amount: in it
--   usd: the same, USD
SELECT
    bill.source AS bill,
    CAST(line.provider, 'String') AS provider,
    CAST(line.meter, 'String') AS meter,
    CAST(line.invoice_id, 'String') AS invoice_id,
    line.day AS day,
    CAST(line.currency, 'String') AS currency,
    sum(assumeNotNull(line.amount)) AS amount,
    sum(assumeNotNull(line.usd)) AS usd
FROM billed_charge AS line
INNER JOIN (SELECT bill_id, source FROM bill FINAL WHERE NOT deleted) AS bill
    ON bill.bill_id = line.bill_id
WHERE line.day BETWEEN {first:Date} AND {last:Date}
    AND line.amount IS NOT NULL AND line.usd IS NOT NULL AND NOT line.again
    AND (line.class = '' OR line.class = 'unit')
GROUP BY
    bill,
    provider,
    meter,
    invoice_id,
    day,
    currency
ORDER BY
    bill,
    day,
    meter

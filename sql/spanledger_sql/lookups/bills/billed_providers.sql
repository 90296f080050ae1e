-- Who has charged in a period, and what a reconciliation must know of it first.
--
-- Parameters:
--   first, last Date: days of the period, in each bill's zone
-- Columns:
--   provider: who charges
--   zone: of the bills' days; where they have several, of the most charges
--   currencies: of the charges
--   amount: what they come to, in the currencies together
--   amounts: what they come to, by currency
--   usd_each: USD that one unit of the currency is worth, at most; NULL where no rate is known
--   bills: which bills
--   lines: charges
--   unknown_lines: of them, those that are not understood
--   without_rate: charges in a currency of which no exchange rate is known
--   currencies_without_rate: these currencies
--   first_without_rate: the first day of these
SELECT
    provider,
    topK(1)(timezone)[1] AS zone,
    groupUniqArray(currency) AS currencies,
    sum(ifNull(charge.amount, 0)) AS amount,
    sumMap(map(currency, ifNull(charge.amount, 0))) AS amounts,
    max(charge.usd_each) AS usd_each,
    groupUniqArray(bill_id) AS bills,
    count() AS lines,
    countIf(unknown != '') AS unknown_lines,
    countIf(charge.usd_each IS NULL) AS without_rate,
    groupUniqArrayIf(currency, charge.usd_each IS NULL) AS currencies_without_rate,
    minIf(charge.day, charge.usd_each IS NULL) AS first_without_rate
FROM billed_charge AS charge
WHERE charge.amount IS NOT NULL AND charge.day BETWEEN {first:Date} AND {last:Date}
GROUP BY provider
ORDER BY provider

-- Charges for use of days in a period and of days outside it: a reconciliation counts each whole, on its first day.
--
-- Parameters:
--   first, last Date: days of the period
-- Columns:
--   provider: who charges
--   counted: 1: they begin in the period, and go on after it; 0: they begin before it
--   lines: how many
--   amount: what they come to
--   currency: of the amount
SELECT
    CAST(charge.provider, 'String') AS provider,
    charge.day >= {first:Date} AS counted,
    count() AS lines,
    sum(charge.amount) AS amount,
    charge.currency AS currency
FROM
(
    -- A day may have 25 hours.
    SELECT *, day + toUInt16(greatest(1, ceil((dateDiff('second', begins, ends) - 3600) / 86400))) - 1 AS until
    FROM billed_charge
    WHERE amount != 0 AND cause = ''
) AS charge
WHERE charge.day <= {last:Date} AND charge.until >= {first:Date}
    AND (charge.day < {first:Date} OR charge.until > {last:Date})
GROUP BY provider, counted, currency
ORDER BY provider, counted, currency

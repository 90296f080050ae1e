-- The bills in force, the newest month first.
--
-- Columns:
--   bill: the beginning of its id
--   source: the file
--   format: what it was read as
--   providers, accounts, invoices: in it; '' where it does not say
--   first_day, last_day: of its lines, in its time zone
--   timezone: of its days
--   lines: how many it has
--   unknown_lines: how many of them are not understood
--   unknown_amount: what those come to, in the bill's currencies together
--   amount: what it comes to, a figure and its currency each; '' where it tells use alone
--   imported_at: when, UTC
SELECT
    left(one.bill_id, 12) AS bill,
    one.source AS source,
    one.format AS format,
    arrayStringConcat(one.providers, ', ') AS providers,
    arrayStringConcat(one.accounts, ', ') AS accounts,
    arrayStringConcat(one.invoices, ', ') AS invoices,
    one.first_day AS first_day,
    one.last_day AS last_day,
    one.timezone AS timezone,
    one.lines AS lines,
    one.unknown_lines AS unknown_lines,
    ifNull(odd.amount, 0) AS unknown_amount,
    arrayStringConcat(arrayMap((sum, code) -> concat(toString(sum), ' ', code), one.amounts, one.currencies), ', ') AS amount,
    one.imported_at AS imported_at
FROM (SELECT * FROM bill FINAL WHERE NOT deleted) AS one
LEFT JOIN
(
    SELECT bill_id, sum(ifNull(amount, 0)) AS amount
    FROM bill_line FINAL
    WHERE unknown != ''
    GROUP BY bill_id
) AS odd
    ON odd.bill_id = one.bill_id
ORDER BY last_day DESC, source, bill

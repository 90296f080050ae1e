-- The exchange rates, newest first.
-- Columns: currency (ISO 4217); valid_from: the day from which it holds (UTC); usd: for one unit; source: the file.
SELECT
    currency,
    toDate(valid_from) AS valid_from,
    usd,
    source
FROM exchange_rate FINAL
ORDER BY currency, valid_from DESC

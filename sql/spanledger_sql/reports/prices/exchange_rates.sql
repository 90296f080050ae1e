-- The exchange rates, newest first.
--
-- Columns:
--   currency: by its ISO 4217 code
--   valid_from: the day from which it holds, UTC
--   usd: for one unit, USD
--   source: the file
SELECT
    currency,
    toDate(valid_from) AS valid_from,
    usd,
    source
FROM exchange_rate FINAL
ORDER BY currency, valid_from DESC

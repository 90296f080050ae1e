-- The contract books in force.
--
-- Columns:
--   book: its name
--   tenant_id, provider_account, environment: whose calls it applies to; all empty: everybody's
--   models: how many it has prices for
--   first_day, last_change: of its prices, UTC
--   origin, sha256: the file
--   imported_at: UTC
SELECT
    book.book AS book,
    book.tenant_id AS tenant_id,
    book.provider_account AS provider_account,
    book.environment AS environment,
    uniqExact(price.provider, price.model) AS models,
    toDate(min(price.valid_from)) AS first_day,
    toDate(max(price.valid_from)) AS last_change,
    book.origin AS origin,
    book.sha256 AS sha256,
    book.imported_at AS imported_at
FROM (SELECT * FROM price_book FINAL WHERE NOT deleted) AS book
LEFT JOIN price_list AS price
    ON price.book = book.version
GROUP BY ALL
ORDER BY book

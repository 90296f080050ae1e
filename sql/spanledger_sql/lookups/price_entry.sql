-- The row of a price book that priced a call, as it was then, with the file it came from.
--
-- Parameters:
--   price_id String: as the ledger names it
--   enriched_at DateTime64(6, 'UTC'): when the call was priced
-- Columns:
--   price_list.*: the row
--   version: of the contract book; NULL where it is the list
--   tenant_id, provider_account, environment: whose calls the book applies to; NULL where it is the list
--   sha256: of the book's file; NULL where it is the list
SELECT *
FROM
(
    SELECT * FROM price_list FINAL WHERE price_id = {price_id:String}
    UNION ALL
    SELECT * FROM price_superseded FINAL WHERE price_id = {price_id:String}
) AS price
LEFT JOIN
(
    SELECT version, tenant_id, provider_account, environment, sha256 FROM price_book
) AS contract
    ON contract.version = price.book
ORDER BY price.loaded_at <= {enriched_at:DateTime64(6, 'UTC')} DESC, price.loaded_at DESC
LIMIT 1

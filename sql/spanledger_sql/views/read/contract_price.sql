-- Needs: price_entry, price_book
-- The prices of the contract books in force, and whose calls each applies to: of a tenant, of an account, of an
-- environment, or of everybody where all three are empty. precedence: which book wins where several have a price.
-- Other columns are those of price_entry; contract is the book's name.

DROP VIEW IF EXISTS contract_price;

CREATE VIEW contract_price AS
SELECT
    book.book AS contract,
    book.precedence AS precedence,
    book.tenant_id AS tenant_id,
    book.provider_account AS provider_account,
    book.environment AS environment,
    price.price_id AS price_id,
    price.provider AS provider,
    price.model AS model,
    price.valid_from AS valid_from,
    price.service_tier AS service_tier,
    price.speed AS speed,
    price.region AS region,
    price.applies AS applies,
    price.token_priced AS token_priced,
    price.units AS units,
    price.unit_prices AS unit_prices,
    price.unit_minimum_cost AS unit_minimum_cost,
    price.tier_starts AS tier_starts,
    price.window_starts AS window_starts,
    price.steps AS steps
FROM
(
    SELECT * FROM price_entry WHERE book IN (SELECT version FROM price_book FINAL WHERE NOT deleted)
) AS price
INNER JOIN (SELECT * FROM price_book FINAL WHERE NOT deleted) AS book
    ON book.version = price.book;

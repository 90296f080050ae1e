-- The prices of the contract books in force, and whose calls each applies to.
--
-- Columns:
--   contract: the book's name
--   precedence, tenant_id, provider_account, environment: as in `price_book`; all three empty where it applies to everybody
--   price_id, provider, model, valid_from, service_tier, speed, region, applies, token_priced, text_priced, units,
--     unit_prices, unit_minimum_cost, tier_starts, window_starts, steps: as in `price_entry`
-- Needs: price_book, price_entry

CREATE OR REPLACE VIEW contract_price AS
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
    price.text_priced AS text_priced,
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

-- The lines of rate cards.
--
-- Columns:
--   card: its name
--   provider, model: '' for any
--   meter: the meter or class that the price is of
--   price: of one unit, in the currency of the plan that names the card
--   price_per_million: of a million units
--   plans: how many plans in force name the card
--   source, said_at: as in `rate_card`
SELECT
    line.card AS card,
    line.provider AS provider,
    line.model AS model,
    line.meter AS meter,
    line.price AS price,
    toDecimal128(line.price * 1000000, 12) AS price_per_million,
    ifNull(named.plans, 0) AS plans,
    line.source AS source,
    line.said_at AS said_at
FROM rate_card AS line FINAL
LEFT JOIN (SELECT card, count() AS plans FROM price_plan FINAL WHERE NOT removed GROUP BY card) AS named
    ON named.card = line.card
WHERE NOT line.removed
ORDER BY card, provider, model, meter

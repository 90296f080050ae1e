-- The rows of price_list with their prices in steps.
--
-- Which step is a call's: how many of window_starts its second of the UTC day has reached, times (tiers + 1), plus how many
-- of tier_starts its prompt exceeds, plus 1.
--
-- Columns:
--   price_id, book, provider, model, valid_from, service_tier, speed, region, applies, token_priced, text_priced, units,
--     unit_prices, unit_minimum_cost, tier_starts, window_starts: as in `price_list`
--   steps: the prices of each step by class, the base price first; USD for one
-- Needs: price_list

CREATE OR REPLACE VIEW price_entry AS
SELECT
    price_id,
    book,
    provider,
    model,
    valid_from,
    service_tier,
    speed,
    region,
    applies,
    token_priced,
    text_priced,
    units,
    unit_prices,
    unit_minimum_cost,
    tier_starts,
    window_starts,
    {{steps_of_prices}} AS steps
FROM price_list FINAL;

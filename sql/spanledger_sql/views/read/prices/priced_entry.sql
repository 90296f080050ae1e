-- Every price entry as it was at any time, its prices in steps: what a call was priced by is the state of its entry that was
-- known when the call was booked.
--
-- Columns:
--   price_id: as in `price_list`
--   known_from: since when the entry was so, UTC; 1970-01-01 of its first state
--   tier_starts, window_starts, units, unit_prices: as in `price_list`
--   steps: as in `price_entry`
-- Needs: price_list, price_superseded

CREATE OR REPLACE VIEW priced_entry AS
{{priced_entry_of}};

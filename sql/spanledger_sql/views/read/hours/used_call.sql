-- The current, counted rows of the ledger with how much each used of what has a price, and by which prices it was charged.
--
-- Columns:
--   calls.*: the row
--   priced_by: the price entry that its contracted cost follows from: of the contract, else of the list; '' where there is none
--   priced_by_since: since when that entry was as the call was booked by it, as `known_from` of `priced_entry`
--   price_step: which of its prices: 0 is the base, then context tiers and windows of the day
--   text_input, audio_input, image_input, video_input: of the input, neither read from the cache nor written to it
--   cached_text, cached_audio, cached_image: of the input, read from the cache
--   written_for_5m: written to the cache for five minutes
--   text_output, audio_output, image_output, reasoned: of the output
--   answers: how many there were, for what is charged by the request
--   first_meter: the one of its meters with which a call is counted: that of its output where there is one; `unit` of a vendor,
--     `other` of what has no price; '' where it used nothing but the request
-- Needs: calls, priced_entry

CREATE OR REPLACE VIEW used_call AS
SELECT
    * EXCEPT (cache_written, uncached, uncached_read),
    {{meters}}[1 + {{first_meter}}] AS first_meter
FROM
(
    WITH
        {{price_step}}
    SELECT
        call.*,
        ifNull(entry.known_from, toDateTime64(0, 6, 'UTC')) AS priced_by_since,
        toUInt16(step_of(entry.window_starts, entry.tier_starts) - 1) AS price_step,
        {{quantities}}
    FROM (SELECT *, if(contract_price_id != '', contract_price_id, price_id) AS priced_by FROM calls) AS call
    ASOF LEFT JOIN (SELECT price_id AS entry_id, known_from, tier_starts, window_starts FROM priced_entry) AS entry
        ON entry.entry_id = call.priced_by AND entry.known_from <= call.enriched_at
);

-- How much was used of what has a price in two periods, alike calls of an hour or day summed where sums are kept (`call_hours`): by
-- all that prices depend on. What is left of costs when each quantity is costed at its price goes with the calls.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): a period, half-open
--   before_from, before_to DateTime64(9, 'UTC'): another one, half-open
--   own String: a dimension of one's own that is told apart; '' for none
-- Columns:
--   ts: when the call started; of a sum the start of its hour or day, UTC: in the first period, else the other
--   tenant_id, cost_center, environment, service_name, feature, workflow, dimensions, provider, model, service_tier, zone: as in
--     `call_hours`
--   known_calls, least_calls, contracted_cost: as in `call_hours`
--   priced_by, priced_by_since, price_step, vendor_unit, first_meter: as in `used_call`
--   text_input, audio_input, image_input, video_input, cached_text, cached_audio, cached_image, written_for_5m,
--     cache_write_1h_tokens, text_output, audio_output, image_output, reasoned, answers, web_searches, vendor_quantity: sums
-- Needs: used_call, ledger_standing, ledger_sum

CREATE OR REPLACE VIEW priced_use AS
{{priced_use_of}}
;

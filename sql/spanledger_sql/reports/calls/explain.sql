-- How one call's cost and emissions came about: its row of the ledger, and the energy entry, place and names that it used.
-- The prices are in lookups/call_at_its_price.
--
-- Parameters:
--   trace_id, span_id String: the call, lower-case hex; a trace id finds those as well that a tenant's token added to
-- Columns:
--   ledger.*: the row in force
--   uncached_read: tokens of the prompt that were not read from the cache, whose energy is not saved
--   wh_per_output_token, wh_per_input_token, wh_per_cache_read_token: of the energy entry, Wh per token, PUE included
--   wh_per_request: of the energy entry, Wh per call, PUE included
--   entry_pue: facility energy / IT energy that the entry contains
--   energy_source: where the entry is from
--   full_wh: Wh by the entry if the answer took its time
--   saved_wh: Wh by the entry that the call drew less, for it was shorter than that
--   modelled_wh: Wh by the entry at the PUE of the place: the ledger's, unless the entry or the place changed since
--   zone_source: how the zone was found
--   price_provider, price_model: of the price rows that the names led to
--   seller: who charges for the call
--   resolution_note: why no price was found, or what was assumed
WITH
    {{modelled_energy}},
    lasted(duration_ms, output_tokens) AS lasted_s,
    cut_short(seconds_per_output_token_low, output_tokens, seconds_per_request, lasted_s) AS cut_s_low,
    cut_short(seconds_per_output_token_high, output_tokens, seconds_per_request, lasted_s) AS cut_s_high
SELECT
    * EXCEPT (wh_per_second_low, wh_per_second_high, seconds_per_output_token_low, seconds_per_output_token_high,
              seconds_per_request),
    wh_in_full(wh_per_output_token, output_tokens, wh_per_input_token, uncached_read, wh_per_cache_read_token,
               cache_read_tokens, wh_per_request) AS full_wh,
    wh_saved(wh_per_second_low, cut_s_low, wh_per_second_high, cut_s_high) AS saved_wh,
    wh_between(full_wh, wh_per_second_low, cut_s_low, wh_per_second_high, cut_s_high, pue / entry_pue) AS modelled_wh
FROM
(
    WITH
        {{quantities}}
    SELECT *, uncached_read FROM ledger AS call FINAL
    WHERE (trace_id = {trace_id:String} OR startsWith(trace_id, concat({trace_id:String}, '-'))) AND span_id = {span_id:String}
) AS call
LEFT JOIN
(
    SELECT
        energy_id,
        wh_per_output_token,
        wh_per_input_token,
        wh_per_cache_read_token,
        wh_per_request,
        wh_per_second_low,
        wh_per_second_high,
        seconds_per_output_token_low,
        seconds_per_output_token_high,
        seconds_per_request,
        pue AS entry_pue,
        source AS energy_source
    FROM energy_model FINAL
) AS energy
    USING (energy_id)
LEFT JOIN
(
    SELECT provider, cloud_region, source AS zone_source
    FROM grid_zone FINAL
) AS place
    USING (provider, cloud_region)
LEFT JOIN
(
    SELECT provider, request_model, response_model, price_provider, price_model, seller, note AS resolution_note
    FROM model_resolution FINAL
) AS resolution
    USING (provider, request_model, response_model)

-- What a model's energy entry says of a call, for the ledger and for the view that compares the methods.
-- lasted: how long the call lasted, s; infinite where unknown. No model gives 5,000 tokens a second: a span that is shorter
--     ended before its stream did.
-- wh_in_full: Wh if the answer took its time: of output, uncached input and cached input each Wh a token and tokens.
-- cut_short: by how much the call was shorter than that, s.
-- wh_saved: Wh that it drew less for that, between both bounds of the model's speed.
-- wh_at_bound, wh_between: Wh at the facility, by one bound of the model's speed, and between both. overhead: by how much
--     the data centre's PUE differs from the entry's.
((duration_ms, output_tokens) -> if(duration_ms > 0 AND output_tokens <= 5 * duration_ms, duration_ms / 1000, inf)) AS lasted,
((per_output_token, output_tokens, per_input_token, uncached, per_cache_read_token, cached, per_request) ->
    per_output_token * output_tokens + per_input_token * uncached + per_cache_read_token * cached + per_request)
    AS wh_in_full,
((seconds_per_output_token, output_tokens, seconds_per_request, lasted_s) ->
    greatest(0, seconds_per_output_token * output_tokens + seconds_per_request - lasted_s)) AS cut_short,
((full_wh, wh_per_second, cut_s, overhead) -> (full_wh - wh_per_second * cut_s) * overhead) AS wh_at_bound,
((wh_per_second_low, cut_s_low, wh_per_second_high, cut_s_high) ->
    (wh_per_second_low * cut_s_low + wh_per_second_high * cut_s_high) / 2) AS wh_saved,
((full_wh, wh_per_second_low, cut_s_low, wh_per_second_high, cut_s_high, overhead) ->
    (full_wh - wh_saved(wh_per_second_low, cut_s_low, wh_per_second_high, cut_s_high)) * overhead) AS wh_between

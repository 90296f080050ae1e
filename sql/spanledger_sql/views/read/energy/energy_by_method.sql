-- The energy of each call by both modelled methods, whichever the ledger books: for those whose model EcoLogits knows.
--
-- Columns:
--   trace_id, span_id, ts, tenant_id, model, known_calls: as in `calls`
--   method: `ecologits` or `token-aware`
--   energy_id: the entry used
--   uncached: input tokens that were not read from the cache
--   lasted_s: how long the call lasted, s; infinite where unknown
--   cut_s_low, cut_s_high: by how much it was shorter than modelled, s, by either bound of the model's speed
--   energy_wh_low, energy_wh, energy_wh_high: Wh at the facility, as in the ledger: PUE included, the user's where there is
--     one; central value and bounds
-- Needs: calls, energy_model, facility, model_resolution

CREATE OR REPLACE VIEW energy_by_method AS
WITH
    {{modelled_energy}}
SELECT
    call.trace_id AS trace_id,
    call.span_id AS span_id,
    call.ts AS ts,
    call.tenant_id AS tenant_id,
    call.model AS model,
    call.known_calls AS known_calls,
    energy.method AS method,
    energy.energy_id AS energy_id,
    greatest(0, toInt64(call.input_tokens) - toInt64(call.cache_read_tokens)) AS uncached,
    lasted(call.duration_ms, call.output_tokens) AS lasted_s,
    cut_short(energy.seconds_per_output_token_low, call.output_tokens, energy.seconds_per_request, lasted_s) AS cut_s_low,
    cut_short(energy.seconds_per_output_token_high, call.output_tokens, energy.seconds_per_request, lasted_s) AS cut_s_high,
    wh_at_bound(
        wh_in_full(energy.wh_per_output_token_low, call.output_tokens, energy.wh_per_input_token_low, uncached,
                   energy.wh_per_cache_read_token_low, call.cache_read_tokens, energy.wh_per_request_low * call.least_calls),
        energy.wh_per_second_low, cut_s_low, ifNull(facility.pue_low / energy.pue_low, 1)) AS energy_wh_low,
    wh_between(
        wh_in_full(energy.wh_per_output_token, call.output_tokens, energy.wh_per_input_token, uncached,
                   energy.wh_per_cache_read_token, call.cache_read_tokens, energy.wh_per_request * call.least_calls),
        energy.wh_per_second_low, cut_s_low, energy.wh_per_second_high, cut_s_high,
        ifNull(facility.pue / energy.pue, 1)) AS energy_wh,
    wh_at_bound(
        wh_in_full(energy.wh_per_output_token_high, call.output_tokens, energy.wh_per_input_token_high, uncached,
                   energy.wh_per_cache_read_token_high, call.cache_read_tokens, energy.wh_per_request_high * call.least_calls),
        energy.wh_per_second_high, cut_s_high, ifNull(facility.pue_high / energy.pue_high, 1)) AS energy_wh_high
FROM
(
    SELECT *
    FROM calls
    WHERE usage_source != 'missing'
        AND operation NOT IN ('image_generation', 'video_generation', 'speech', 'transcription')
) AS call
INNER JOIN
(
    SELECT provider, request_model, response_model, substring(energy_id, 11) AS entry
    FROM model_resolution FINAL
    WHERE startsWith(energy_id, 'ecologits/')
) AS resolution
    ON resolution.provider = call.provider AND resolution.request_model = call.request_model
    AND resolution.response_model = call.response_model
INNER JOIN
(
    SELECT *, substring(energy_id, length(method) + 2) AS entry
    FROM energy_model FINAL
    WHERE method IN ('ecologits', 'token-aware')
) AS energy
    ON energy.entry = resolution.entry
LEFT JOIN facility
    ON facility.provider = call.provider AND facility.cloud_region = call.cloud_region
SETTINGS join_use_nulls = 1;

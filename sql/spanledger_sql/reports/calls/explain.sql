-- How one call's cost and emissions came about: its row of the ledger, and the energy entry, place and names that it used.
-- The prices are in lookups/price_entry.
--
-- Parameters:
--   trace_id, span_id String: the call, lower-case hex; a trace id finds those as well that a tenant's token added to
-- Columns:
--   ledger.*: the row in force
--   wh_per_output_token, wh_per_input_token, wh_per_cache_read_token: of the energy entry, Wh per token, PUE included
--   wh_per_request: of the energy entry, Wh per call, PUE included
--   entry_pue: facility energy / IT energy that the entry contains
--   energy_source: where the entry is from
--   zone_source: how the zone was found
--   price_provider, price_model: of the price rows that the names led to
--   seller: who charges for the call
--   resolution_note: why no price was found, or what was assumed
SELECT *
FROM
(
    SELECT * FROM ledger FINAL
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
        pue AS entry_pue,
        source AS energy_source
    FROM energy_model FINAL
) AS energy
    USING (energy_id)
LEFT JOIN
(
    SELECT
        provider,
        cloud_region,
        source AS zone_source
    FROM grid_zone FINAL
) AS place
    USING (provider, cloud_region)
LEFT JOIN
(
    SELECT
        provider,
        request_model,
        response_model,
        price_provider,
        price_model,
        seller,
        note AS resolution_note
    FROM model_resolution FINAL
) AS resolution
    USING (provider, request_model, response_model)

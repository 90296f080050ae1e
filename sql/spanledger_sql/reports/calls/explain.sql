-- How one call's cost and emissions came about: its ledger row, and the energy entry, place and names that it used.
-- Parameters: trace_id, span_id String, in lower-case hex.
-- Columns: those of ledger; the energy entry's coefficients (Wh per output token and per request) and source; how the
--     zone was found; what resolution noted. The prices are in reports/price_entry.
SELECT *
FROM
(
    SELECT * FROM ledger FINAL
    WHERE trace_id = {trace_id:String} AND span_id = {span_id:String}
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

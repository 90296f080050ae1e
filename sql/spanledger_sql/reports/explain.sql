-- How one call's cost and emissions came about: its ledger row, and the entries that it used.
-- Parameters: trace_id, span_id String, in lower-case hex.
-- Columns: those of ledger; the price entry's prices (USD per token), tiers and source; the energy entry's
--     coefficients (Wh per output token and per request) and source; how the zone was found; what resolution noted.
SELECT *
FROM
(
    SELECT * FROM ledger FINAL
    WHERE trace_id = {trace_id:String} AND span_id = {span_id:String}
) AS call
LEFT JOIN
(
    SELECT
        price_id,
        input_price,
        cache_read_price,
        cache_write_price,
        cache_write_1h_price,
        output_price,
        request_price,
        tier_starts,
        tier_input_prices,
        tier_cache_read_prices,
        tier_cache_write_prices,
        tier_cache_write_1h_prices,
        tier_output_prices,
        source AS price_source
    FROM price_list FINAL
) AS price
    USING (price_id)
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
        note AS resolution_note
    FROM model_resolution FINAL
) AS resolution
    USING (provider, request_model, response_model)

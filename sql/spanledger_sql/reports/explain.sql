-- How one call's cost and emissions came about: its ledger row, and the entries that it used.
-- Parameters: trace_id, span_id String, in lower-case hex.
-- Columns: those of ledger; the price entry's prices (USD per token), tiers and source; the energy entry's
--     coefficients (Wh per output token and per request) and source; how the zone was found; what resolution noted.
SELECT
    call.*,
    price.input_price,
    price.cache_read_price,
    price.cache_write_price,
    price.cache_write_1h_price,
    price.output_price,
    price.request_price,
    price.tier_starts,
    price.tier_input_prices,
    price.tier_cache_read_prices,
    price.tier_cache_write_prices,
    price.tier_cache_write_1h_prices,
    price.tier_output_prices,
    price.source AS price_source,
    energy.wh_per_output_token,
    energy.wh_per_request,
    energy.source AS energy_source,
    place.source AS zone_source,
    resolution.note AS resolution_note
FROM
(
    SELECT * FROM ledger FINAL
    WHERE trace_id = {trace_id:String} AND span_id = {span_id:String}
) AS call
LEFT JOIN (SELECT * FROM price_list FINAL) AS price ON price.price_id = call.price_id
LEFT JOIN (SELECT * FROM energy_model FINAL) AS energy ON energy.energy_id = call.energy_id
LEFT JOIN (SELECT * FROM grid_zone FINAL) AS place
    ON place.provider = call.provider AND place.cloud_region = call.cloud_region
LEFT JOIN (SELECT * FROM model_resolution FINAL) AS resolution
    ON resolution.provider = call.provider AND resolution.request_model = call.request_model
    AND resolution.response_model = call.response_model

-- Rows of `drawn_energy` for the hours in which metered hosts were idle.
--
-- Columns:
--   calls: how many calls the row stands for, as far as that is known; 0 of idle energy: sum it to count calls
--   least_calls: likewise, 1 where unknown: what gaps are counted in
--   ts: when the call started, or the hour, UTC
--   tenant_id: of the call, or of the idle host's owner; '(idle)' where its policy names none
--   cost_center, environment, service_name, feature, workflow, user_id, session_id, run_id: as in `calls`
--   provider, provider_account, model, service_tier, dimensions: as in `calls`
--   operation: as in `calls`, or `idle`
--   cloud_region, zone, host_name: as in `calls`
--   energy_method, energy_id, intensity_resolution, price_status, unpriced_parts, usage_source: as in `calls`
--   input_tokens, cache_read_tokens, output_tokens: as in `calls`
--   list_cost, contracted_cost: USD; NULL where unknown, and of idle energy
--   intensity_g_per_kwh, market_source: as in `calls`
--   energy_wh, energy_wh_low, energy_wh_high: Wh at the facility
--   co2e_g, co2e_g_low, co2e_g_high, co2e_market_g, embodied_g: gCO2e
--   water_ml: mL
--   uncached_tokens: of `input_tokens`, what was not read from the cache
--   energy_wh_squared, co2e_g_squared: squares of the figures
-- Needs: idle_energy

CREATE OR REPLACE VIEW idle_drawn AS
SELECT
    toUInt64(0) AS calls,
    toUInt64(0) AS least_calls,
    toDateTime64(hour, 9, 'UTC') AS ts,
    if(tenant_id = '', '(idle)', tenant_id) AS tenant_id,
    '' AS cost_center, '' AS environment, '' AS service_name, '' AS feature, '' AS workflow, '' AS user_id,
    '' AS session_id, '' AS run_id, '' AS provider, '' AS provider_account, '' AS model, '' AS service_tier,
    CAST(map(), 'Map(LowCardinality(String), String)') AS dimensions, 'idle' AS operation,
    cloud_region, zone, host_name, 'measured' AS energy_method, concat('measured/', host_name) AS energy_id,
    intensity_resolution,
    'free' AS price_status, '' AS unpriced_parts, 'reported' AS usage_source,
    0 AS input_tokens, 0 AS cache_read_tokens, 0 AS output_tokens, NULL AS list_cost, NULL AS contracted_cost,
    intensity_g_per_kwh, market_source,
    energy_wh, energy_wh_low, energy_wh_high, co2e_g, co2e_g_low, co2e_g_high, co2e_market_g,
    NULL AS embodied_g, water_ml,
    toUInt64(0) AS uncached_tokens, energy_wh * energy_wh AS energy_wh_squared, co2e_g * co2e_g AS co2e_g_squared
FROM idle_energy FINAL
WHERE energy_wh > 0;

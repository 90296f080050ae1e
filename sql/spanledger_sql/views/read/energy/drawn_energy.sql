-- What was drawn and emitted, and what it cost: a row for each call, and for each hour that a metered host was idle.
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
-- Needs: calls, idle_drawn

CREATE OR REPLACE VIEW drawn_energy AS
SELECT
    known_calls AS calls,
    least_calls,
    ts, tenant_id, cost_center, environment, service_name, feature, workflow, user_id, session_id, run_id,
    provider, provider_account, model, service_tier, dimensions, operation,
    cloud_region, zone, host_name, energy_method, energy_id, intensity_resolution, price_status, unpriced_parts,
    usage_source,
    input_tokens, cache_read_tokens, output_tokens, list_cost, contracted_cost,
    intensity_g_per_kwh, market_source,
    energy_wh, energy_wh_low, energy_wh_high, co2e_g, co2e_g_low, co2e_g_high, co2e_market_g, embodied_g, water_ml,
    {{uncached_of}} AS uncached_tokens, energy_wh * energy_wh AS energy_wh_squared, co2e_g * co2e_g AS co2e_g_squared
FROM calls
UNION ALL
SELECT * FROM idle_drawn;

-- `drawn_energy` with the ledger as it was at a moment, alike calls of an hour or day summed where sums are kept (`call_hours`); idle
-- energy is as it is now. Conditions on figures hold of each call that a row stands for.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open, of calls
--   moment DateTime64(6, 'UTC'): as of `call_hours`, and so are the following
--   grain, timezone String: what of time is told apart
--   told Array(String): what else
-- Columns:
--   calls: how many calls the row stands for, as far as that is known; 0 of idle energy: sum it to count calls
--   least_calls: likewise, 1 where unknown: what gaps are counted in
--   ts: when the call started, or the hour, UTC; of a sum its start
--   tenant_id: of the call, or of the idle host's owner; '(idle)' where its policy names none
--   cost_center, environment, service_name, feature, workflow, user_id, session_id, run_id: as in `call_hours`
--   provider, provider_account, model, service_tier, dimensions: as in `calls`
--   operation: as in `calls`, or `idle`
--   cloud_region, zone, host_name: as in `call_hours`
--   energy_method, energy_id, intensity_resolution, price_status, unpriced_parts, usage_source: as in `call_hours`
--   input_tokens, cache_read_tokens, output_tokens: as in `calls`
--   list_cost, contracted_cost: USD; NULL where unknown, and of idle energy
--   intensity_g_per_kwh, market_source: as in `calls`
--   energy_wh, energy_wh_low, energy_wh_high: Wh at the facility
--   co2e_g, co2e_g_low, co2e_g_high, co2e_market_g, embodied_g: gCO2e
--   water_ml: mL
--   uncached_tokens, energy_wh_squared, co2e_g_squared: as in `call_hours`
-- Needs: idle_drawn, ledger, ledger_hour, ledger_sum

CREATE OR REPLACE VIEW drawn_hours AS
-- Not over `call_hours`: the engine plans a view with parameters twice, and one that stands in it twice as often.
WITH
    {{to_read}}
{{sums_as_drawn}}
WHERE (hours, midnight, begins, built) IN to_read.1
UNION ALL
WITH
    {{to_read}}
SELECT
    known_calls,
    least_calls,
    ts, tenant_id, cost_center, environment, service_name, feature, workflow, user_id, session_id, run_id,
    provider, provider_account, model, service_tier, dimensions, operation,
    cloud_region, zone, host_name, energy_method, energy_id, intensity_resolution, price_status, unpriced_parts,
    usage_source,
    input_tokens, cache_read_tokens, output_tokens, toDecimal128(list_cost, 12), toDecimal128(contracted_cost, 12),
    intensity_g_per_kwh, market_source,
    energy_wh, energy_wh_low, energy_wh_high, co2e_g, co2e_g_low, co2e_g_high, co2e_market_g, embodied_g, water_ml,
    uncached_tokens, energy_wh_squared, co2e_g_squared
{{read_one_by_one}}
UNION ALL
SELECT * FROM idle_drawn;

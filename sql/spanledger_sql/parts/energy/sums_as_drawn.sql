-- Sums of hours and days with the columns of `drawn_hours`: of all that were ever taken. Who includes it says which of them hold.
SELECT
    ifNull(calls, 0) AS calls,
    ifNull(ledger_sum.calls, ledger_rows) AS least_calls,
    toDateTime64(begins, 9, 'UTC') AS ts,
    tenant_id, cost_center, environment, service_name, feature, workflow, '' AS user_id, '' AS session_id, '' AS run_id,
    provider, provider_account, model, service_tier, dimensions, operation,
    cloud_region, zone, '' AS host_name, energy_method, energy_id, intensity_resolution, price_status, unpriced_parts,
    usage_source,
    input_tokens, cache_read_tokens, output_tokens, list_cost, contracted_cost,
    intensity_g_per_kwh, market_source,
    energy_wh, energy_wh_low, energy_wh_high, co2e_g, co2e_g_low, co2e_g_high, co2e_market_g, embodied_g, water_ml,
    uncached_tokens, energy_wh_squared, co2e_g_squared
FROM ledger_sum

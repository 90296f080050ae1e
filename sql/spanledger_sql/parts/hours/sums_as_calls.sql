-- Sums of hours and days with the columns of `call_hours`: of all that were ever taken. Who includes it says which of them hold.
SELECT
    toDateTime64(begins, 9, 'UTC') AS ts,
    tenant_id, cost_center, environment, service_name, feature, workflow,
    '' AS user_id, '' AS session_id, '' AS run_id, '' AS host_name,
    dimensions, provider, provider_account, model, operation, service_tier, cloud_region, zone, agent, signal, dialect,
    scope_name, status, usage_source, price_status, unpriced_parts, energy_method, energy_id, intensity_resolution, intensity_g_per_kwh,
    market_source,
    tells,
    ledger_rows,
    calls,
    ifNull(calls, 0) AS known_calls,
    ifNull(calls, ledger_rows) AS least_calls,
    input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens, web_searches,
    uncached_tokens,
    list_cost, contracted_cost, input_cost, cache_read_cost, cache_write_cost, output_cost, other_cost,
    reported_cost,
    cache_saving,
    highest_cost, overridden, unbelieved,
    energy_wh, energy_wh_low, energy_wh_high, energy_wh_squared,
    co2e_g, co2e_g_low, co2e_g_high, co2e_g_squared, co2e_market_g, embodied_g,
    water_ml,
    duration_ms, ttft_ms, ttft_rows
FROM ledger_sum

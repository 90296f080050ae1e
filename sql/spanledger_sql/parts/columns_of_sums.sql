-- The columns that sums of hours and of days are written into, in the order in which both select them.
hours, begins, built, alike, tenant_id, cost_center, environment, service_name, feature, workflow, dimensions, provider,
provider_account, model, operation, service_tier, cloud_region, zone, agent, signal, dialect, scope_name, status, usage_source,
price_status, unpriced_parts, energy_method, energy_id, intensity_resolution, intensity_g_per_kwh, market_source, tells,
ledger_rows, calls, input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens,
reasoning_tokens, uncached_tokens, web_searches,
list_cost, contracted_cost, input_cost, cache_read_cost, cache_write_cost, output_cost, other_cost, reported_cost, cache_saving,
highest_cost, overridden, unbelieved,
energy_wh, energy_wh_low, energy_wh_high, energy_wh_squared, co2e_g, co2e_g_low, co2e_g_high, co2e_g_squared,
co2e_market_g, embodied_g, water_ml, duration_ms, ttft_ms, ttft_rows,
priced_by, priced_by_since, price_step, vendor_unit, first_meter, text_input, audio_input, image_input, video_input,
cached_text, cached_audio, cached_image, written_for_5m, text_output, audio_output, image_output, reasoned, answers,
vendor_quantity

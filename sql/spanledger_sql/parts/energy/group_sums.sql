-- What is summed of calls (`c`, rows of `drawn_energy` or `drawn_hours`) that err alike, by the columns of_*, for the intervals of
-- `interval`.
-- Further columns to group by stand before it.
c.energy_id AS of_entry,
c.provider AS of_provider,
c.zone AS of_zone,
c.intensity_resolution AS of_resolution,
sum(c.energy_wh) AS group_wh,
sum(c.energy_wh_low) AS group_wh_least,
sum(c.energy_wh_high) AS group_wh_most,
sum(c.energy_wh_squared) AS group_wh_squared,
sum(c.co2e_g) AS group_g,
sum(c.co2e_g_low) AS group_g_least,
sum(c.co2e_g_high) AS group_g_most,
sum(c.co2e_g_squared) AS group_g_squared,
sumIf(c.calls, c.energy_wh > 0) AS group_calls,
sumIf(c.output_tokens, c.energy_wh > 0) AS group_output,
sumIf(c.cache_read_tokens, c.energy_wh > 0) AS group_cached,
sumIf(c.uncached_tokens, c.energy_wh > 0) AS group_uncached,
-- List cost, where all of the calls have one.
if(countIf(c.energy_wh > 0 AND c.price_status != 'priced') = 0,
   toFloat64(sumIf(toDecimal128(c.list_cost, 12), c.energy_wh > 0)), NULL) AS group_usd

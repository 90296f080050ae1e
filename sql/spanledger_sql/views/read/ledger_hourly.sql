-- The ledger by hour and dimension, always equal to it: hours that have settled from sums that are kept, others call by call.
-- Sums leave out what is unknown (NULL); the columns *_calls count that.
--
-- Columns:
--   hour: start of the hour of `ts`, UTC
--   tenant_id, cost_center, environment, service_name, feature: as in `calls`
--   provider, model, operation, zone, energy_method: as in `calls`
--   intensity_resolution, price_status, status: as in `calls`
--   calls: how many calls
--   input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens: sum
--   list_cost, contracted_cost: USD, sum of what is known
--   energy_wh: Wh, sum of what is known
--   energy_wh_low: Wh, sum of the lower bounds
--   energy_wh_high: Wh, sum of the upper bounds
--   co2e_g: gCO2e, sum of what is known
--   co2e_g_low: gCO2e, sum of the lower bounds
--   co2e_g_high: gCO2e, sum of the upper bounds
--   embodied_g: gCO2e, sum of what is known; not part of `co2e_g`
--   unpriced_calls: calls without a price
--   partly_priced_calls: calls of which a part has no price
--   unknown_energy_calls: calls whose energy is unknown
--   missing_usage_calls: calls that report no tokens
-- Needs: call_hours

CREATE OR REPLACE VIEW ledger_hourly AS
SELECT
    toStartOfHour(ts) AS hour,
    tenant_id,
    cost_center,
    environment,
    service_name,
    feature,
    provider,
    model,
    operation,
    zone,
    energy_method,
    intensity_resolution,
    price_status,
    status,
    sum(known_calls) AS calls,
    sum(c.input_tokens) AS input_tokens,
    sum(c.cache_read_tokens) AS cache_read_tokens,
    sum(c.cache_write_tokens) AS cache_write_tokens,
    sum(c.output_tokens) AS output_tokens,
    sum(c.reasoning_tokens) AS reasoning_tokens,
    sum(toDecimal128(c.list_cost, 12)) AS list_cost,
    sum(toDecimal128(c.contracted_cost, 12)) AS contracted_cost,
    sum(c.energy_wh) AS energy_wh,
    sum(c.energy_wh_low) AS energy_wh_low,
    sum(c.energy_wh_high) AS energy_wh_high,
    sum(c.co2e_g) AS co2e_g,
    sum(c.co2e_g_low) AS co2e_g_low,
    sum(c.co2e_g_high) AS co2e_g_high,
    sum(c.embodied_g) AS embodied_g,
    sumIf(least_calls, c.price_status = 'unpriced') AS unpriced_calls,
    sumIf(least_calls, c.price_status = 'partial') AS partly_priced_calls,
    sumIf(least_calls, c.energy_wh IS NULL) AS unknown_energy_calls,
    sumIf(least_calls, c.usage_source = 'missing') AS missing_usage_calls
FROM call_hours(from = '1900-01-01 00:00:00', to = '2262-04-11 23:47:16', moment = '2200-01-01 00:00:00',
    grain = 'hour', timezone = 'UTC', told = []) AS c
GROUP BY ALL;

-- The ledger by hour and dimension. Costs in USD, energy in Wh, emissions in gCO2e; sums skip unknown (NULL)
-- figures, which the columns *_calls count.
-- Needs: calls

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
    count() AS calls,
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
    countIf(c.price_status = 'unpriced') AS unpriced_calls,
    countIf(c.energy_wh IS NULL) AS unknown_energy_calls,
    countIf(c.usage_source = 'missing') AS missing_usage_calls
FROM calls AS c
GROUP BY ALL;

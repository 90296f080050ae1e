-- Sums the calls of some hours by what they have in common.
--
-- Calls of one hour are alike when they agree in every dimension that reports know, but for users, sessions and runs, and in
-- which figures are unknown or zero: so that a report's conditions on a call hold of the sum of its like, too. Each column is
-- hashed by itself, so that the engine hashes the few names of a dictionary and not every row's.
-- Parameters: hours Array(DateTime('UTC')): which; built UInt64: of the rows; left_out Array(String): dimensions of one's own
--     that have too many values.
INSERT INTO ledger_sum
(
    hours, begins, built, alike, tenant_id, cost_center, environment, service_name, feature, workflow, dimensions, provider,
    provider_account, model, operation, service_tier, cloud_region, zone, agent, signal, status, usage_source,
    price_status, unpriced_parts, energy_method, energy_id, intensity_resolution, intensity_g_per_kwh, market_source,
    ledger_rows, calls, input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens,
    reasoning_tokens, uncached_tokens, web_searches,
    list_cost, contracted_cost, input_cost, cache_read_cost, cache_write_cost, output_cost, other_cost, reported_cost, cache_saving,
    energy_wh, energy_wh_low, energy_wh_high, energy_wh_squared, co2e_g, co2e_g_low, co2e_g_high, co2e_g_squared,
    co2e_market_g, embodied_g, water_ml, duration_ms, ttft_ms, ttft_rows
)
SETTINGS max_partitions_per_insert_block = 0, optimize_on_insert = 0
WITH
    if(empty({left_out:Array(String)}) OR empty(c.dimensions), c.dimensions,
       mapFilter((name, value) -> NOT has({left_out:Array(String)}, name), c.dimensions)) AS told_apart,
    if(c.price_status = 'partial',
       arrayStringConcat(arraySort(arrayDistinct(arrayMap(
           part -> replaceRegexpOne(part, '^[0-9.]+ ', ''), splitByString(', ', c.unpriced_parts)))), ', '), '') AS kinds,
    toUInt16(
        isNull(c.calls) + 2 * isNull(c.list_cost) + 4 * isNull(c.contracted_cost) + 8 * isNull(c.energy_wh)
        + 16 * ifNull(c.energy_wh > 0, 0) + 32 * isNull(c.co2e_g) + 64 * isNull(c.co2e_market_g)
        + 128 * isNull(c.embodied_g) + 256 * isNull(c.water_ml) + 512 * isNull(c.reported_cost)
        + 1024 * isNull(c.intensity_g_per_kwh)) AS unknown_or_zero
SELECT
    1,
    toStartOfHour(c.ts) AS begins,
    {built:UInt64},
    sipHash128(
        cityHash64(c.tenant_id), cityHash64(c.cost_center), cityHash64(c.environment), cityHash64(c.service_name),
        cityHash64(c.feature), cityHash64(c.workflow), cityHash64(told_apart), cityHash64(c.provider),
        cityHash64(c.provider_account), cityHash64(c.model), cityHash64(c.operation), cityHash64(c.service_tier),
        cityHash64(c.cloud_region), cityHash64(c.zone), cityHash64(c.agent), cityHash64(c.signal), cityHash64(c.status),
        cityHash64(c.usage_source), cityHash64(c.price_status), cityHash64(kinds), cityHash64(c.energy_method),
        cityHash64(c.energy_id), cityHash64(c.intensity_resolution), cityHash64(c.market_source), unknown_or_zero) AS alike,
    any(c.tenant_id), any(c.cost_center), any(c.environment), any(c.service_name), any(c.feature), any(c.workflow),
    any(told_apart), any(c.provider), any(c.provider_account), any(c.model), any(c.operation), any(c.service_tier),
    any(c.cloud_region), any(c.zone), any(c.agent), any(c.signal), any(c.status), any(c.usage_source), any(c.price_status),
    any(kinds), any(c.energy_method), any(c.energy_id), any(c.intensity_resolution), max(c.intensity_g_per_kwh),
    any(c.market_source),
    count(),
    sum(c.calls),
    sum(c.input_tokens), sum(c.cache_read_tokens), sum(c.cache_write_tokens), sum(c.cache_write_1h_tokens), sum(c.output_tokens),
    sum(c.reasoning_tokens), sum({{uncached_of}}), sum(c.web_searches),
    sum(toDecimal128(c.list_cost, 12)), sum(toDecimal128(c.contracted_cost, 12)), sum(toDecimal128(c.input_cost, 12)),
    sum(toDecimal128(c.cache_read_cost, 12)), sum(toDecimal128(c.cache_write_cost, 12)), sum(toDecimal128(c.output_cost, 12)),
    sum(toDecimal128(c.other_cost, 12)), sum(c.reported_cost), sum({{cache_saving_of}}),
    sum(c.energy_wh), sum(c.energy_wh_low), sum(c.energy_wh_high), sum(c.energy_wh * c.energy_wh),
    sum(c.co2e_g), sum(c.co2e_g_low), sum(c.co2e_g_high), sum(c.co2e_g * c.co2e_g),
    sum(c.co2e_market_g), sum(c.embodied_g), sum(c.water_ml), sum(c.duration_ms), sum(c.ttft_ms), count(c.ttft_ms)
FROM calls AS c
WHERE toStartOfHour(c.ts) IN {hours:Array(DateTime('UTC'))}
GROUP BY begins, alike

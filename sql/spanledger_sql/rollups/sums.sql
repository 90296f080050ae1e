-- Sums the calls of some hours by what they have in common.
--
-- Calls of one hour are alike when they agree in every dimension that reports know, but for users, sessions, runs and hosts, and
-- in whether they name these and in which figures are unknown or zero: so that a report's conditions on a call hold of the sum of its like, too. What they have
-- in common is hashed once they are summed, by two hashes that are made otherwise: by that a later sum of the same takes the place of
-- this. Meanwhile names and values of their own dimensions are a text each, which is far cheaper to group by than a map: U+0000 behind
-- each, in which U+0000 is `\0` and a backslash `\1`.
-- Merging the plan's steps and looking for columns to leave out costs more than it saves: there are a hundred columns, nearly all of
-- them needed. So does splitting groups in two levels, by which threads share merging them, before they are many.
-- Parameters: hours Array(DateTime('UTC')): which; built UInt64: of the rows; left_out Array(String): dimensions of one's own
--     that have too many values.
INSERT INTO ledger_sum
(
    {{columns_of_sums}}
)
SETTINGS max_partitions_per_insert_block = 0, optimize_on_insert = 0, query_plan_merge_expressions = 0,
    query_plan_remove_unused_columns = 0, group_by_two_level_threshold_bytes = 500000000
WITH
    tuple(
        h.tenant_id, h.cost_center, h.environment, h.service_name, h.feature, h.workflow, h.names, h.told_values, h.provider,
        h.provider_account, h.model, h.operation, h.service_tier, h.cloud_region, h.zone, h.agent, h.signal, h.status,
        h.usage_source, h.price_status, h.unpriced_parts, h.energy_method, h.energy_id, h.intensity_resolution,
        h.market_source, h.tells, unknown_or_zero, h.priced_by, h.priced_by_since, h.price_step, h.vendor_unit, h.first_meter) AS in_common,
    (texts -> arrayMap(one -> replaceAll(replaceAll(one, '\\0', '\0'), '\\1', '\\'), arrayPopBack(splitByChar('\0', texts)))) AS apart
SELECT
    1,
    begins,
    {built:UInt64},
    reinterpret(
        bitOr(bitShiftLeft(toUInt128(cityHash64(in_common)), 64), toUInt128(xxh3(in_common))), 'FixedString(16)') AS alike,
    h.tenant_id, h.cost_center, h.environment, h.service_name, h.feature, h.workflow,
    CAST(mapFromArrays(apart(h.names), apart(h.told_values)), 'Map(LowCardinality(String), String)'),
    h.provider, h.provider_account, h.model, h.operation, h.service_tier, h.cloud_region, h.zone, h.agent, h.signal, h.status,
    h.usage_source, h.price_status, h.unpriced_parts, h.energy_method, h.energy_id, h.intensity_resolution,
    h.intensity_g_per_kwh, h.market_source, h.tells,
    h.ledger_rows, h.calls, h.input_tokens, h.cache_read_tokens, h.cache_write_tokens, h.cache_write_1h_tokens,
    h.output_tokens, h.reasoning_tokens, h.uncached_tokens, h.web_searches, h.list_cost, h.contracted_cost, h.input_cost,
    h.cache_read_cost, h.cache_write_cost, h.output_cost, h.other_cost, h.reported_cost, h.cache_saving, h.energy_wh,
    h.energy_wh_low, h.energy_wh_high, h.energy_wh_squared, h.co2e_g, h.co2e_g_low, h.co2e_g_high, h.co2e_g_squared,
    h.co2e_market_g, h.embodied_g, h.water_ml, h.duration_ms, h.ttft_ms, h.ttft_rows,
    h.priced_by, h.priced_by_since, h.price_step, h.vendor_unit, h.first_meter, h.text_input, h.audio_input, h.image_input,
    h.video_input, h.cached_text, h.cached_audio, h.cached_image, h.written_for_5m, h.text_output, h.audio_output,
    h.image_output, h.reasoned, h.answers, h.vendor_quantity
FROM
(
    WITH
        if(empty({left_out:Array(String)}) OR empty(c.dimensions), c.dimensions,
           mapFilter((name, value) -> NOT has({left_out:Array(String)}, name), c.dimensions)) AS told_apart,
        (texts -> arrayStringConcat(arrayMap(one -> concat(replaceAll(replaceAll(one, '\\', '\\1'), '\0', '\\0'), '\0'), texts)))
            AS one_text,
        if(c.price_status = 'partial',
           arrayStringConcat(arraySort(arrayDistinct(arrayMap(
               part -> replaceRegexpOne(part, '^[0-9.]+ ', ''), splitByString(', ', c.unpriced_parts)))), ', '), '') AS kinds,
        toUInt16(
            isNull(c.calls) + 2 * isNull(c.list_cost) + 4 * isNull(c.contracted_cost) + 8 * isNull(c.energy_wh)
            + 16 * ifNull(c.energy_wh > 0, 0) + 32 * isNull(c.co2e_g) + 64 * isNull(c.co2e_market_g)
            + 128 * isNull(c.embodied_g) + 256 * isNull(c.water_ml) + 512 * isNull(c.reported_cost)
            + 1024 * isNull(c.intensity_g_per_kwh)) AS unknown_or_zero
    SELECT
        toStartOfHour(c.ts) AS begins,
        c.tenant_id AS tenant_id, c.cost_center AS cost_center, c.environment AS environment, c.service_name AS service_name,
        c.feature AS feature, c.workflow AS workflow,
        one_text(CAST(mapKeys(told_apart), 'Array(String)')) AS names, one_text(mapValues(told_apart)) AS told_values, c.provider AS provider,
        c.provider_account AS provider_account, c.model AS model, c.operation AS operation, c.service_tier AS service_tier,
        c.cloud_region AS cloud_region, c.zone AS zone, c.agent AS agent, c.signal AS signal, c.status AS status,
        c.usage_source AS usage_source, c.price_status AS price_status, kinds AS unpriced_parts,
        c.energy_method AS energy_method, c.energy_id AS energy_id, c.intensity_resolution AS intensity_resolution,
        c.market_source AS market_source,
        {{tells_of}} AS tells,
        unknown_or_zero,
        c.priced_by AS priced_by, c.priced_by_since AS priced_by_since, c.price_step AS price_step, c.vendor_unit AS
        vendor_unit, c.first_meter AS first_meter,
        max(c.intensity_g_per_kwh) AS intensity_g_per_kwh,
        count() AS ledger_rows, sum(c.calls) AS calls, sum(c.input_tokens) AS input_tokens,
        sum(c.cache_read_tokens) AS cache_read_tokens, sum(c.cache_write_tokens) AS cache_write_tokens,
        sum(c.cache_write_1h_tokens) AS cache_write_1h_tokens, sum(c.output_tokens) AS output_tokens,
        sum(c.reasoning_tokens) AS reasoning_tokens, sum(c.uncached) AS uncached_tokens, sum(c.web_searches) AS web_searches,
        sum(c.list_cost) AS list_cost, sum(c.contracted_cost) AS contracted_cost,
        sum(c.input_cost) AS input_cost, sum(c.cache_read_cost) AS cache_read_cost,
        sum(c.cache_write_cost) AS cache_write_cost, sum(c.output_cost) AS output_cost,
        sum(c.other_cost) AS other_cost, sum(c.reported_cost) AS reported_cost,
        sum(c.saving) AS cache_saving, sum(c.energy_wh) AS energy_wh, sum(c.energy_wh_low) AS energy_wh_low,
        sum(c.energy_wh_high) AS energy_wh_high, sum(c.energy_wh * c.energy_wh) AS energy_wh_squared,
        sum(c.co2e_g) AS co2e_g, sum(c.co2e_g_low) AS co2e_g_low, sum(c.co2e_g_high) AS co2e_g_high,
        sum(c.co2e_g * c.co2e_g) AS co2e_g_squared, sum(c.co2e_market_g) AS co2e_market_g, sum(c.embodied_g) AS embodied_g,
        sum(c.water_ml) AS water_ml, sum(c.duration_ms) AS duration_ms, sum(c.ttft_ms) AS ttft_ms,
        count(c.ttft_ms) AS ttft_rows,
        sum(c.text_input) AS text_input, sum(c.audio_input) AS audio_input, sum(c.image_input) AS image_input,
        sum(c.video_input) AS video_input, sum(c.cached_text) AS cached_text, sum(c.cached_audio) AS cached_audio,
        sum(c.cached_image) AS cached_image, sum(c.written_for_5m) AS written_for_5m, sum(c.text_output) AS text_output,
        sum(c.audio_output) AS audio_output, sum(c.image_output) AS image_output, sum(c.reasoned) AS reasoned, sum(c.answers) AS
        answers,
        sum(c.vendor_quantity) AS vendor_quantity
    FROM
    (
        SELECT *, {{uncached_of}} AS uncached, {{cache_saving_of}} AS saving
        FROM used_call
        WHERE toStartOfHour(ts) IN {hours:Array(DateTime('UTC'))}
    ) AS c
    GROUP BY ALL
) AS h

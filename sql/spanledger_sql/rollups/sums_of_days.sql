-- Sums the hours of some days, whose sums hold, by what their calls have in common.
-- Parameters: days Array(DateTime('UTC')): their starts, of one time zone, so that no hour is of two; hours Array(UInt8): how many each
--     has; built UInt64: of the rows.
INSERT INTO ledger_sum
(
    {{columns_of_sums}}
)
SETTINGS max_partitions_per_insert_block = 0, optimize_on_insert = 0
WITH
    arrayZip({days:Array(DateTime('UTC'))}, {hours:Array(UInt8)}) AS days,
    arrayFlatten(arrayMap(day -> arrayMap(place -> day.1 + toIntervalHour(place), range(day.2)), days)) AS hours_of,
    arrayFlatten(arrayMap(day -> arrayWithConstant(day.2, day.1), days)) AS days_of,
    arrayFlatten(arrayMap(day -> arrayWithConstant(day.2, day.2), days)) AS lengths_of
SELECT
    transform(s.begins, hours_of, lengths_of, toUInt8(0)) AS length,
    transform(s.begins, hours_of, days_of, s.begins) AS day,
    {built:UInt64},
    alike,
    any(s.tenant_id), any(s.cost_center), any(s.environment), any(s.service_name), any(s.feature), any(s.workflow),
    any(s.dimensions), any(s.provider), any(s.provider_account), any(s.model), any(s.operation), any(s.service_tier),
    any(s.cloud_region), any(s.zone), any(s.agent), any(s.signal), any(s.dialect), any(s.scope_name), any(s.status),
    any(s.usage_source), any(s.price_status), any(s.unpriced_parts), any(s.energy_method), any(s.energy_id), any(s.intensity_resolution), max(s.intensity_g_per_kwh),
    any(s.market_source), any(s.tells),
    sum(s.ledger_rows), sum(s.calls), sum(s.input_tokens), sum(s.cache_read_tokens), sum(s.cache_write_tokens),
    sum(s.cache_write_1h_tokens), sum(s.output_tokens), sum(s.reasoning_tokens), sum(s.uncached_tokens), sum(s.web_searches),
    sum(s.list_cost), sum(s.contracted_cost), sum(s.input_cost), sum(s.cache_read_cost), sum(s.cache_write_cost),
    sum(s.output_cost), sum(s.other_cost), sum(s.reported_cost), sum(s.cache_saving), max(s.highest_cost), sum(s.overridden),
    sum(s.unbelieved), sum(s.energy_wh), sum(s.energy_wh_low),
    sum(s.energy_wh_high), sum(s.energy_wh_squared), sum(s.co2e_g), sum(s.co2e_g_low), sum(s.co2e_g_high),
    sum(s.co2e_g_squared), sum(s.co2e_market_g), sum(s.embodied_g), sum(s.water_ml), sum(s.duration_ms), sum(s.ttft_ms),
    sum(s.ttft_rows),
    any(s.priced_by), any(s.priced_by_since), any(s.price_step), any(s.vendor_unit), any(s.first_meter), sum(s.text_input),
    sum(s.audio_input), sum(s.image_input), sum(s.video_input), sum(s.cached_text), sum(s.cached_audio), sum(s.cached_image),
    sum(s.written_for_5m), sum(s.text_output), sum(s.audio_output), sum(s.image_output), sum(s.reasoned), sum(s.answers),
    sum(s.vendor_quantity)
FROM ledger_sum AS s
WHERE s.hours = 1
    AND (s.begins, s.built) IN
    (
        SELECT begins, max(summed).built
        FROM ledger_hour
        WHERE hours = 1 AND has(hours_of, begins)
        GROUP BY begins
    )
GROUP BY length, day, alike

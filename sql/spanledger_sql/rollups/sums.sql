-- Sums the calls of some hours by what they have in common.
--
-- Calls of one hour are alike when they agree in every dimension that reports know, but for users, sessions, runs and hosts, and
-- in whether they name these and in which figures are unknown or zero: so that a report's conditions on a call hold of the sum of
-- its like, too. They are told apart by two hashes of all that, made otherwise: numbers are far cheaper to group by than thirty
-- texts. Each column is hashed by itself, so that the engine hashes the few texts of a dictionary and not every row's; what no caller
-- can choose, such as what it was priced by, in one way for both. By the same hashes a later sum of the same takes the place of this.
-- Since alike calls agree in what is unknown, it is put back after figures are summed, and not looked at with each of them; what
-- follows from other sums is not summed at all. Dimensions of one's own are made a map after that, too: of one of the calls.
-- What follows from the call alone is reckoned in the innermost step: written out within the meter and both hashes, it is analysed
-- anew for each of them.
-- The hours are chosen where the ledger is read, below the join: else, without merging the plan's steps, which costs more than it
-- saves, all of the ledger would be read. Nor are groups split in two levels before they are many.
-- Parameters: hours Array(DateTime('UTC')): which; built UInt64: of the rows; left_out Array(String): dimensions of one's own
--     that have too many values.
INSERT INTO ledger_sum
(
    {{columns_of_sums}}
)
SETTINGS max_partitions_per_insert_block = 0, optimize_on_insert = 0, query_plan_merge_expressions = 0,
    join_algorithm = 'hash', group_by_two_level_threshold_bytes = 500000000
WITH
    (bit, figure) -> if(bitAnd(c.unknown_or_zero, bit) = 0, figure, NULL) AS known,
    {{meters}} AS meters
SELECT
    1,
    c.begins,
    {built:UInt64},
    reinterpret(bitOr(bitShiftLeft(toUInt128(c.one_hash), 64), toUInt128(c.other_hash)), 'FixedString(16)'),
    any(c.tenant_id), any(c.cost_center), any(c.environment), any(c.service_name), any(c.feature), any(c.workflow),
    CAST(CAST(any(c.told), 'Array(Tuple(String, String))'), 'Map(LowCardinality(String), String)'),
    any(c.provider), any(c.provider_account), any(c.model), any(c.operation), any(c.service_tier), any(c.cloud_region),
    any(c.zone), any(c.agent), any(c.signal), any(c.dialect), any(c.scope_name), any(c.status),
    any(c.usage_source), any(c.price_status), any(c.kinds), any(c.energy_method), any(c.energy_id),
    any(c.intensity_resolution), max(c.intensity_g_per_kwh), any(c.market_source), any(c.tells),
    count(), known(1, sum(assumeNotNull(c.calls))), sum(c.input_tokens), sum(c.cache_read_tokens) AS cached,
    sum(c.cache_write_tokens), sum(c.cache_write_1h_tokens), sum(c.output_tokens) AS output, sum(c.reasoning_tokens),
    sum(c.uncached_read), sum(c.web_searches),
    known(2, sum(assumeNotNull(c.list_cost))), known(4, sum(assumeNotNull(c.contracted_cost))), sum(c.input_cost),
    sum(c.cache_read_cost), sum(c.cache_write_cost), sum(c.output_cost), sum(c.other_cost),
    known(512, sum(assumeNotNull(c.reported_cost))), sum(c.saving),
    max(c.contracted_cost), sum(c.overriding), sum(c.unbelieved),
    known(8, sum(assumeNotNull(c.energy_wh))), sum(c.energy_wh_low), sum(c.energy_wh_high),
    known(8, sum(assumeNotNull(c.energy_wh) * assumeNotNull(c.energy_wh))),
    known(32, sum(assumeNotNull(c.co2e_g))), sum(c.co2e_g_low), sum(c.co2e_g_high),
    known(32, sum(assumeNotNull(c.co2e_g) * assumeNotNull(c.co2e_g))), known(64, sum(assumeNotNull(c.co2e_market_g))),
    known(128, sum(assumeNotNull(c.embodied_g))), known(256, sum(assumeNotNull(c.water_ml))), sum(c.duration_ms),
    sum(c.ttft_ms), count(c.ttft_ms),
    any(c.priced_by), any(c.priced_by_since), any(c.price_step), any(c.vendor_unit), meters[1 + any(c.meter)],
    sum(c.text_input), sum(c.audio_input), sum(c.image_input), sum(c.video_input), cached - audio_cached - image_cached,
    sum(c.cached_audio) AS audio_cached, sum(c.cached_image) AS image_cached, sum(c.written_for_5m),
    output - audio_put_out - image_put_out - thought, sum(c.audio_output) AS audio_put_out,
    sum(c.image_output) AS image_put_out, sum(c.reasoned) AS thought, sum(c.answers), sum(c.vendor_quantity)
FROM
(
    WITH
        {{price_step}},
        {{kinds_in_text}} AS kinds_of,
        if(empty({left_out:Array(String)}), call.dimensions,
           mapFilter((name, value) -> NOT has({left_out:Array(String)}, name), call.dimensions)) AS told_apart
    SELECT
        call.*,
        ifNull(entry.known_from, toDateTime64(0, 6, 'UTC')) AS priced_by_since,
        toUInt16(step_of(entry.window_starts, entry.tier_starts) - 1) AS price_step,
        if(call.price_status = 'partial', kinds_of(call.unpriced_parts), '') AS kinds,
        if(empty(told_apart), '[]', toString(CAST(told_apart, 'Array(Tuple(String, String))'))) AS told,
        {{first_meter}} AS meter,
        cityHash64(
            cityHash64(call.tenant_id), cityHash64(call.cost_center), cityHash64(call.environment),
            cityHash64(call.service_name), cityHash64(call.feature), cityHash64(call.workflow), cityHash64(told),
            cityHash64(call.provider), cityHash64(call.provider_account), cityHash64(call.model), cityHash64(call.operation),
            cityHash64(call.service_tier), cityHash64(call.cloud_region), cityHash64(call.zone), cityHash64(call.agent),
            cityHash64(call.signal), cityHash64(call.dialect), cityHash64(call.scope_name), cityHash64(call.status),
            cityHash64(call.usage_source), cityHash64(call.price_status), cityHash64(kinds),
            cityHash64(call.energy_method), cityHash64(call.energy_id), cityHash64(call.intensity_resolution),
            cityHash64(call.market_source), call.tells, unknown_or_zero, call.priced_key, priced_by_since,
            price_step, cityHash64(call.vendor_unit), meter) AS one_hash,
        xxh3(
            xxh3(call.tenant_id), xxh3(call.cost_center), xxh3(call.environment), xxh3(call.service_name),
            xxh3(call.feature), xxh3(call.workflow), xxh3(told), xxh3(call.provider), xxh3(call.provider_account),
            xxh3(call.model), xxh3(call.operation), xxh3(call.service_tier), xxh3(call.cloud_region), cityHash64(call.zone),
            xxh3(call.agent), cityHash64(call.signal), cityHash64(call.dialect), xxh3(call.scope_name),
            cityHash64(call.status), cityHash64(call.usage_source),
            cityHash64(call.price_status), xxh3(kinds), cityHash64(call.energy_method), cityHash64(call.energy_id),
            cityHash64(call.intensity_resolution), cityHash64(call.market_source), call.tells, unknown_or_zero,
            call.priced_key, priced_by_since, price_step, xxh3(call.vendor_unit), meter) AS other_hash
    FROM
    (
        SELECT
            *,
            toStartOfHour(ts) AS begins,
            if(contract_price_id != '', contract_price_id, price_id) AS priced_by,
            cityHash64(priced_by) AS priced_key,
            {{tells_of}} AS tells,
            {{cache_saving_of}} AS saving,
            if({{overridden_of}}, least_calls, 0) AS overriding,
            if({{unbelieved_of}}, least_calls, 0) AS unbelieved,
            toUInt16(
                isNull(call.calls) + 2 * isNull(call.list_cost) + 4 * isNull(call.contracted_cost) + 8 * isNull(call.energy_wh)
                + 16 * ifNull(call.energy_wh > 0, 0) + 32 * isNull(call.co2e_g) + 64 * isNull(call.co2e_market_g)
                + 128 * isNull(call.embodied_g) + 256 * isNull(call.water_ml) + 512 * isNull(call.reported_cost)
                + 1024 * isNull(call.intensity_g_per_kwh)) AS unknown_or_zero,
            {{quantities}}
        FROM calls AS call
        WHERE toStartOfHour(ts) IN {hours:Array(DateTime('UTC'))}
    ) AS call
    ASOF LEFT JOIN
    (
        -- Of the others every call is at the first step of what they always were, as it is without an entry.
        SELECT cityHash64(price_id) AS entry_key, known_from, tier_starts, window_starts
        FROM priced_entry
        WHERE notEmpty(tier_starts) OR notEmpty(window_starts) OR known_from > toDateTime64(0, 6, 'UTC')
    ) AS entry
        ON entry.entry_key = call.priced_key AND entry.known_from <= call.enriched_at
) AS c
GROUP BY c.begins, c.one_hash, c.other_hash, c.unknown_or_zero

-- What the same calls would have emitted and cost elsewhere, later, on another model, or with more prompt caching.
-- Parameters: from, to DateTime64(9, 'UTC'): the half-open period; by Array(String): any of tenant, feature, model, zone,
--     hour_of_day; the others are folded into ''; timezone String: of the hours;
--     zone String: where the calls would run, '' leaves them where they ran; window UInt32: by how many hours each may
--     be put off, to the one with the least intensity; replaced String: the model whose calls would go to another one,
--     '' all but those of embedding and reranking; energy_id, price_provider, price_model String: the other model's entries
--     in energy_model and price_list, '' leaves models as they are; cache_share Float64: the share of each prompt that is
--     read from the cache at least, 0 to 1; signal, basis String: of the intensities: 'average' and 'lifecycle' as in the
--     ledger, or 'marginal' and 'direct', of which nothing but hours is known.
-- Columns: the dimensions; calls; over the calls whose emissions are known both ways: energy_kwh and then_energy_kwh,
--     co2e_kg and then_co2e_kg with its bounds, location-based, in kgCO2e (of the
--     signal), and co2e_change_percent; shifted_hours: by how
--     much they are put off on average; over the calls whose cost is known both ways: list_cost and then_list_cost in USD, and
--     cost_change_percent; not_compared_calls and cost_not_compared_calls: left out of these.
-- Energy under another model or with more caching: by the ratio of the coefficients' energy then and now, so that what
-- else bears on it (latency, overhead) stays; where the energy was not got from coefficients, by the other model's alone.
WITH
    hours AS
    (
        SELECT zone, ts, g_per_kwh
        FROM grid_intensity FINAL
        WHERE resolution = 'hour' AND signal = {signal:String} AND basis = {basis:String}
            AND ts >= toStartOfHour(toDateTime({from:DateTime64(9, 'UTC')}, 'UTC'))
            AND ts < toDateTime({to:DateTime64(9, 'UTC')}, 'UTC') + toIntervalHour({window:UInt32} + 1)
    ),
    -- The cleanest hour that is known within the window, for each zone and hour that calls start in.
    best AS
    (
        SELECT
            candidate.zone AS zone,
            candidate.hour AS hour,
            min(hours.g_per_kwh) AS g_per_kwh,
            argMin(candidate.later, (hours.g_per_kwh, candidate.later)) AS later
        FROM
        (
            SELECT
                if({zone:String} = '', c.zone, {zone:String}) AS zone,
                toStartOfHour(c.ts) AS hour,
                arrayJoin(range(toUInt32({window:UInt32} + 1))) AS later
            FROM calls AS c
            WHERE c.ts >= {from:DateTime64(9, 'UTC')}
                AND c.ts < {to:DateTime64(9, 'UTC')}
            GROUP BY zone, hour
        ) AS candidate
        INNER JOIN hours
            ON hours.zone = candidate.zone AND hours.ts = candidate.hour + toIntervalHour(candidate.later)
        GROUP BY zone, hour
    ),
    -- The other zone's latest yearly mean, else its country's.
    (
        SELECT argMax(g_per_kwh, (grid_intensity.zone = {zone:String}, ts))
        FROM grid_intensity FINAL
        WHERE resolution = 'year' AND signal = {signal:String} AND basis = {basis:String}
            AND grid_intensity.zone IN ({zone:String}, splitByChar('-', {zone:String})[1])
        HAVING count() > 0
    ) AS yearly_g_per_kwh,
    -- Wh per output token, per input token that is not read from the cache, per one that is, and per request. An array
    -- that begins with 0 gives 0 for what the method of these entries has no coefficient for.
    energy AS
    (
        SELECT
            energy_id,
            [wh_per_output_token_low, arraySum([0., COLUMNS('^wh_per_input_token_low$')]),
             arraySum([0., COLUMNS('^wh_per_cache_read_token_low$')]), wh_per_request_low] AS low,
            [wh_per_output_token, arraySum([0., COLUMNS('^wh_per_input_token$')]),
             arraySum([0., COLUMNS('^wh_per_cache_read_token$')]), wh_per_request] AS central,
            [wh_per_output_token_high, arraySum([0., COLUMNS('^wh_per_input_token_high$')]),
             arraySum([0., COLUMNS('^wh_per_cache_read_token_high$')]), wh_per_request_high] AS high
        FROM energy_model FINAL
    ),
    then_energy AS (SELECT * FROM energy WHERE energy_id = {energy_id:String} AND {energy_id:String} != ''),
    -- List prices of the standard service tier. Where prices change within the day, the steps of its later parts follow
    -- those of the context tiers.
    prices AS
    (
        SELECT
            price_id, provider, model, valid_from,
            input_price, cache_read_price, cache_write_price, cache_write_1h_price, output_price, request_price,
            tier_starts, tier_input_prices, tier_cache_read_prices, tier_cache_write_prices, tier_cache_write_1h_prices,
            tier_output_prices,
            arrayFlatten([CAST([], 'Array(UInt32)'), COLUMNS('^window_starts$')]) AS window_starts,
            concat('', '', COLUMNS('^(service_tier|speed|region)$')) = '' AS standard
        FROM price_list FINAL
        WHERE book = 'list'
    ),
    (ts, input_tokens, tiers, windows) -> ifNull(
        if(empty(windows), 0, arrayCount(start -> toUnixTimestamp(ts) % 86400 >= start, windows) * (length(tiers) + 1))
        + if(empty(tiers), 0, arrayCount(start -> input_tokens > start, tiers)), 0) AS step_of,
    (coefficients, output, input, cached) ->
        coefficients[1] * output + coefficients[2] * greatest(0, toInt64(input) - toInt64(cached))
        + coefficients[3] * cached + coefficients[4] AS reckoned,
    -- By the ratio of what the coefficients say of the call then and now; without those of now, by those of then alone.
    (wh, now, other, output, input, cached, spared) -> multiIf(
        wh IS NULL, NULL,
        empty(other), wh,
        ifNull(reckoned(now, output, input, cached), 0) = 0, reckoned(other, output, input, cached + spared),
        wh * reckoned(other, output, input, cached + spared) / reckoned(now, output, input, cached)) AS then_wh_of,
    moved AS
    (
        SELECT
            c.*,
            {energy_id:String} != '' AND if(
                {replaced:String} = '', c.operation NOT IN ('embeddings', 'rerank'), c.model = {replaced:String}
            ) AS switches,
            if(switches, {price_provider:String}, '') AS then_price_provider,
            if(switches, {price_model:String}, '') AS then_price_model,
            greatest(c.cache_write_tokens, c.cache_write_1h_tokens) AS cache_written,
            toUInt64(greatest(0, toInt64(c.input_tokens) - toInt64(c.cache_read_tokens) - toInt64(cache_written)))
                AS uncached,
            -- Tokens of the prompt that the cache would spare beyond those that it spared.
            toUInt64(least(
                uncached,
                greatest(0, toInt64(floor({cache_share:Float64} * c.input_tokens)) - toInt64(c.cache_read_tokens))
            )) AS spared
        FROM calls AS c
        WHERE c.ts >= {from:DateTime64(9, 'UTC')}
            AND c.ts < {to:DateTime64(9, 'UTC')}
    )
SELECT
    if(has({by:Array(String)}, 'tenant'), w.tenant_id, '') AS tenant,
    if(has({by:Array(String)}, 'feature'), w.feature, '') AS feature,
    if(has({by:Array(String)}, 'model'), w.model, '') AS model,
    if(has({by:Array(String)}, 'zone'), w.zone, '') AS zone,
    if(has({by:Array(String)}, 'hour_of_day'),
       formatDateTime(toTimeZone(w.ts, {timezone:String}), '%H'), '') AS hour_of_day,
    count() AS calls,
    sumIf(w.energy_wh, w.compared) / 1000 AS energy_kwh,
    sumIf(w.then_wh, w.compared) / 1000 AS then_energy_kwh,
    sumIf(w.co2e_g, w.compared) / 1000 AS co2e_kg,
    sumIf(w.then_g, w.compared) / 1000 AS then_co2e_kg,
    sumIf(w.then_g_low, w.compared) / 1000 AS then_co2e_kg_low,
    sumIf(w.then_g_high, w.compared) / 1000 AS then_co2e_kg_high,
    100 * (then_co2e_kg / co2e_kg - 1) AS co2e_change_percent,
    avgIf(w.later, w.compared) AS shifted_hours,
    sumIf(toDecimal128(w.list_cost, 12), w.cost_compared) AS list_cost,
    sumIf(toDecimal128(w.then_cost, 12), w.cost_compared) AS then_list_cost,
    100 * (toFloat64(then_list_cost) / toFloat64(list_cost) - 1) AS cost_change_percent,
    countIf(NOT w.compared) AS not_compared_calls,
    countIf(NOT w.cost_compared) AS cost_not_compared_calls
FROM
(
    SELECT
        m.ts AS ts,
        m.tenant_id AS tenant_id,
        m.feature AS feature,
        m.model AS model,
        m.zone AS zone,
        m.energy_wh AS energy_wh,
        -- Now, by the signal asked for: the average one is the ledger's own.
        if({signal:String} = 'average', m.intensity_g_per_kwh, own.g_per_kwh) AS intensity,
        if({signal:String} = 'average', m.co2e_g, m.energy_wh / 1000 * own.g_per_kwh) AS co2e_g,
        m.list_cost AS list_cost,
        m.wh_then AS then_wh,
        multiIf(
            {zone:String} != '', ifNull(best.g_per_kwh, yearly_g_per_kwh),
            {window:UInt32} > 0, least(intensity, ifNull(best.g_per_kwh, intensity)),
            intensity) AS then_intensity,
        if(then_intensity < intensity OR {zone:String} != '', ifNull(best.later, 0), 0) AS later,
        then_wh / 1000 * then_intensity AS then_g,
        m.wh_low_then / 1000 * then_intensity AS then_g_low,
        m.wh_high_then / 1000 * then_intensity AS then_g_high,
        m.cost_then AS then_cost,
        co2e_g IS NOT NULL AND then_g IS NOT NULL AS compared,
        list_cost IS NOT NULL AND then_cost IS NOT NULL AS cost_compared
    FROM
    (
        SELECT
            moved.ts AS ts,
            moved.tenant_id AS tenant_id,
            moved.feature AS feature,
            moved.model AS model,
            moved.zone AS zone,
            moved.energy_wh AS energy_wh,
            moved.energy_wh_low AS energy_wh_low,
            moved.energy_wh_high AS energy_wh_high,
            moved.intensity_g_per_kwh AS intensity_g_per_kwh,
            moved.co2e_g AS co2e_g,
            moved.list_cost AS list_cost,
            then_wh_of(
                moved.energy_wh_low, energy.low,
                multiIf(moved.switches, then_energy.low, moved.spared > 0, energy.low, []),
                moved.output_tokens, moved.input_tokens, moved.cache_read_tokens, moved.spared) AS wh_low_then,
            then_wh_of(
                moved.energy_wh, energy.central,
                multiIf(moved.switches, then_energy.central, moved.spared > 0, energy.central, []),
                moved.output_tokens, moved.input_tokens, moved.cache_read_tokens, moved.spared) AS wh_then,
            then_wh_of(
                moved.energy_wh_high, energy.high,
                multiIf(moved.switches, then_energy.high, moved.spared > 0, energy.high, []),
                moved.output_tokens, moved.input_tokens, moved.cache_read_tokens, moved.spared) AS wh_high_then,
            multiIf(
                moved.switches,
                if(moved.list_cost IS NULL OR then_price.input_price IS NULL, NULL,
                   (moved.uncached - moved.spared) * if(
                       then_tier = 0, then_price.input_price, then_price.tier_input_prices[then_tier])
                   + (moved.cache_read_tokens + moved.spared) * if(
                       then_tier = 0, then_price.cache_read_price, then_price.tier_cache_read_prices[then_tier])
                   + (moved.cache_written - moved.cache_write_1h_tokens) * if(
                       then_tier = 0, then_price.cache_write_price, then_price.tier_cache_write_prices[then_tier])
                   + moved.cache_write_1h_tokens * if(
                       then_tier = 0, then_price.cache_write_1h_price,
                       then_price.tier_cache_write_1h_prices[then_tier])
                   + moved.output_tokens * if(
                       then_tier = 0, then_price.output_price, then_price.tier_output_prices[then_tier])
                   + if(moved.status = 'ok', 1, 0) * then_price.request_price),
                moved.spared = 0, moved.list_cost,
                moved.list_cost
                - moved.spared * if(tier = 0, price.input_price, price.tier_input_prices[tier])
                + moved.spared * if(tier = 0, price.cache_read_price, price.tier_cache_read_prices[tier])
            ) AS cost_then,
            step_of(moved.ts, moved.input_tokens, price.tier_starts, price.window_starts) AS tier,
            step_of(moved.ts, moved.input_tokens, then_price.tier_starts, then_price.window_starts) AS then_tier
        FROM moved
        LEFT JOIN energy
            ON energy.energy_id = moved.energy_id
        LEFT JOIN then_energy
            ON then_energy.energy_id = if(moved.switches, {energy_id:String}, '')
        LEFT JOIN prices AS price
            ON price.price_id = moved.price_id
        ASOF LEFT JOIN (SELECT * FROM prices WHERE standard) AS then_price
            ON then_price.provider = moved.then_price_provider AND then_price.model = moved.then_price_model
            AND then_price.valid_from <= moved.ts
    ) AS m
    LEFT JOIN hours AS own
        ON own.zone = m.zone AND own.ts = toStartOfHour(m.ts)
    LEFT JOIN best
        ON best.zone = if({zone:String} = '', m.zone, {zone:String}) AND best.hour = toStartOfHour(m.ts)
) AS w
GROUP BY ALL
ORDER BY tenant, feature, model, zone, hour_of_day

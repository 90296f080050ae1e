-- Writes a batch of calls into the ledger, with cost, energy and emissions.
--
-- Two joins on typed columns: one ASOF join finds the price in force at the call's start, with the model's energy
-- coefficients beside it, and one the grid intensity of the call's hour. Both sides are narrowed to what the batch
-- needs before they are joined. Calls that the ledger has already are left out, so a batch may be taken twice.
-- A restatement computes calls anew with this same statement, into a table of the ledger's kind.
--
-- Parameters: after, until DateTime64(6, 'UTC'): the batch, by time of ingestion, half-open at the start;
--     version UInt64: of the rows written; default_zone String: of calls whose place is unknown;
--     target Identifier: the table, `ledger` or `restated`; restatement_id String, restated_chunk UInt32: the calls
--     of a restatement, which the ledger has; '' and 0 for those that it has not; spans Identifier: `llm_spans`,
--     or a table of its kind with what might have been.
-- Needs join_use_nulls = 1: what does not match must be NULL, never a free call.
INSERT INTO {target:Identifier}
(
    trace_id, span_id, ts, duration_ms, service_name, environment,
    tenant_id, tenant_source, user_id, session_id, feature, workflow, run_id, cost_center, dialect,
    provider, request_model, response_model, operation, streaming, ttft_ms,
    status, error_type, finish_reason, response_id, service_tier, cloud_region,
    input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens,
    usage_source,
    price_status, price_id, price_valid_from,
    list_cost, contracted_cost, input_cost, cache_read_cost, cache_write_cost, output_cost, other_cost,
    energy_wh, energy_wh_low, energy_wh_high, energy_method, energy_id,
    zone, intensity_g_per_kwh, intensity_source, intensity_resolution,
    co2e_g, co2e_g_low, co2e_g_high, co2e_market_g, embodied_g, water_ml,
    usage_note, input_audio_tokens, output_audio_tokens, web_searches, vendor_unit, vendor_quantity, speed,
    provider_account, host_name, scope_name,
    counted, counted_reason, version, enriched_at
)
-- Senders' clocks may be off by any number of months, each of which is a partition.
SETTINGS max_partitions_per_insert_block = 0
WITH
    restated_calls AS
    (
        SELECT ts, trace_id, span_id
        FROM restatement_call
        WHERE restatement_id = {restatement_id:String} AND chunk = {restated_chunk:UInt32}
    ),
    batch AS
    (
        -- A call of more than 100 million tokens is its sender's error. Its usage counts as missing, so that it neither
        -- stops the batch, as amounts that overflow would, nor drowns every other call.
        SELECT
            * REPLACE (
                if(absurd, 0, input_tokens) AS input_tokens,
                if(absurd, 0, cache_read_tokens) AS cache_read_tokens,
                if(absurd, 0, cache_write_tokens) AS cache_write_tokens,
                if(absurd, 0, cache_write_1h_tokens) AS cache_write_1h_tokens,
                if(absurd, 0, output_tokens) AS output_tokens,
                if(absurd, 0, reasoning_tokens) AS reasoning_tokens,
                if(absurd, 'missing', usage_source) AS usage_source
            ),
            greatest(
                llm_spans.input_tokens, llm_spans.cache_read_tokens, llm_spans.cache_write_tokens,
                llm_spans.cache_write_1h_tokens, llm_spans.output_tokens, llm_spans.reasoning_tokens
            ) > 100000000 AS absurd
        FROM {spans:Identifier} AS llm_spans
        WHERE ingested_at > {after:DateTime64(6, 'UTC')}
            AND ingested_at <= {until:DateTime64(6, 'UTC')}
            AND ({restatement_id:String} = '' OR ts BETWEEN (SELECT min(ts) FROM restated_calls)
                                                        AND (SELECT max(ts) FROM restated_calls))
            AND ({restatement_id:String} = '' OR (trace_id, span_id) IN (SELECT trace_id, span_id FROM restated_calls))
            AND (trace_id, span_id) NOT IN (
                SELECT trace_id, span_id FROM ledger
                WHERE {restatement_id:String} = '' AND enriched_at > {after:DateTime64(6, 'UTC')}
            )
    ),
    models AS
    (
        SELECT
            resolution.provider AS provider,
            resolution.request_model AS request_model,
            resolution.response_model AS response_model,
            ifNull(price.price_id, '') AS price_id,
            ifNull(price.valid_from, toDateTime64(0, 9, 'UTC')) AS valid_from,
            price.input_price AS input_price,
            price.cache_read_price AS cache_read_price,
            price.cache_write_price AS cache_write_price,
            price.cache_write_1h_price AS cache_write_1h_price,
            price.output_price AS output_price,
            price.request_price AS request_price,
            price.tier_starts AS tier_starts,
            price.tier_input_prices AS tier_input_prices,
            price.tier_cache_read_prices AS tier_cache_read_prices,
            price.tier_cache_write_prices AS tier_cache_write_prices,
            price.tier_cache_write_1h_prices AS tier_cache_write_1h_prices,
            price.tier_output_prices AS tier_output_prices,
            resolution.energy_id AS energy_id,
            energy.wh_per_output_token AS wh_per_output_token,
            energy.wh_per_output_token_low AS wh_per_output_token_low,
            energy.wh_per_output_token_high AS wh_per_output_token_high,
            energy.wh_per_request AS wh_per_request,
            energy.wh_per_request_low AS wh_per_request_low,
            energy.wh_per_request_high AS wh_per_request_high,
            energy.embodied_g_per_output_token AS embodied_g_per_output_token,
            energy.embodied_g_per_request AS embodied_g_per_request
        FROM
        (
            SELECT * FROM model_resolution FINAL
            WHERE (provider, request_model, response_model) IN (
                SELECT provider, request_model, response_model FROM batch
            )
        ) AS resolution
        LEFT JOIN (SELECT * FROM price_list FINAL WHERE book = 'list') AS price
            ON price.provider = resolution.price_provider AND price.model = resolution.price_model
        LEFT JOIN (SELECT * FROM energy_model FINAL) AS energy
            ON energy.energy_id = resolution.energy_id
    ),
    places AS
    (
        SELECT
            place.provider AS provider,
            place.cloud_region AS cloud_region,
            place.hour AS hour,
            multiIf(hourly.zone IS NOT NULL, place.zone, yearly.zone IS NOT NULL, place.country, '') AS zone,
            ifNull(hourly.g_per_kwh, yearly.g_per_kwh) AS g_per_kwh,
            multiIf(hourly.zone IS NOT NULL, hourly.source, yearly.zone IS NOT NULL, yearly.source, '') AS source,
            multiIf(hourly.zone IS NOT NULL, 'hour', yearly.zone IS NOT NULL, 'year', 'unknown') AS resolution
        FROM
        (
            SELECT
                seen.provider AS provider,
                seen.cloud_region AS cloud_region,
                seen.hour AS hour,
                ifNull(known.zone, {default_zone:String}) AS zone,
                ifNull(known.country, {default_zone:String}) AS country
            FROM (SELECT DISTINCT provider, cloud_region, toStartOfHour(ts) AS hour FROM batch) AS seen
            LEFT JOIN (SELECT * FROM grid_zone FINAL) AS known
                ON known.provider = seen.provider AND known.cloud_region = seen.cloud_region
        ) AS place
        LEFT JOIN
        (
            SELECT zone, ts, g_per_kwh, source
            FROM grid_intensity FINAL
            WHERE resolution = 'hour' AND signal = 'average' AND basis = 'lifecycle'
                AND ts >= (SELECT toStartOfHour(min(ts)) FROM batch)
                AND ts <= (SELECT max(ts) FROM batch)
        ) AS hourly
            ON hourly.zone = place.zone AND hourly.ts = place.hour
        LEFT JOIN
        (
            SELECT zone, argMax(g_per_kwh, ts) AS g_per_kwh, argMax(source, ts) AS source
            FROM grid_intensity FINAL
            WHERE resolution = 'year' AND signal = 'average' AND basis = 'lifecycle'
            GROUP BY zone
        ) AS yearly
            ON yearly.zone = place.country
    ),

    -- How many context tiers the whole prompt exceeds: 0 is the base price.
    if(empty(m.tier_starts), 0, arrayCount(start -> b.input_tokens > start, m.tier_starts)) AS tier,
    greatest(b.cache_write_tokens, b.cache_write_1h_tokens) AS cache_written,
    toUInt64(greatest(0, toInt64(b.input_tokens) - toInt64(b.cache_read_tokens) - toInt64(cache_written))) AS uncached,

    -- Without usage nothing is known to cost, except a call that failed: it costs nothing.
    b.usage_source = 'missing' AND b.status = 'ok' AS usage_unknown,
    m.input_price IS NULL OR usage_unknown AS cost_unknown,
    if(cost_unknown, NULL, uncached * if(tier = 0, m.input_price, m.tier_input_prices[tier])) AS cost_of_input,
    if(cost_unknown, NULL,
       b.cache_read_tokens * if(tier = 0, m.cache_read_price, m.tier_cache_read_prices[tier])) AS cost_of_cache_read,
    if(cost_unknown, NULL,
       (cache_written - b.cache_write_1h_tokens)
           * if(tier = 0, m.cache_write_price, m.tier_cache_write_prices[tier])
       + b.cache_write_1h_tokens
           * if(tier = 0, m.cache_write_1h_price, m.tier_cache_write_1h_prices[tier])) AS cost_of_cache_write,
    if(cost_unknown, NULL,
       b.output_tokens * if(tier = 0, m.output_price, m.tier_output_prices[tier])) AS cost_of_output,
    if(cost_unknown, NULL, if(b.status = 'ok', 1, 0) * m.request_price) AS cost_of_request,
    cost_of_input + cost_of_cache_read + cost_of_cache_write + cost_of_output + cost_of_request AS cost,

    b.usage_source = 'missing' AS energy_unknown,
    if(energy_unknown, NULL, m.wh_per_output_token * b.output_tokens + m.wh_per_request) AS wh,
    if(energy_unknown, NULL, m.wh_per_output_token_low * b.output_tokens + m.wh_per_request_low) AS wh_low,
    if(energy_unknown, NULL, m.wh_per_output_token_high * b.output_tokens + m.wh_per_request_high) AS wh_high
SELECT
    b.trace_id, b.span_id, b.ts, b.duration_ms, b.service_name, b.environment,
    b.tenant_id, b.tenant_source, b.user_id, b.session_id, b.feature, b.workflow, b.run_id, b.cost_center, b.dialect,
    b.provider, b.request_model, b.response_model, b.operation, b.streaming, b.ttft_ms,
    b.status, b.error_type, b.finish_reason, b.response_id, b.service_tier, b.cloud_region,
    b.input_tokens, b.cache_read_tokens, b.cache_write_tokens, b.cache_write_1h_tokens, b.output_tokens,
    b.reasoning_tokens, b.usage_source,
    if(m.input_price IS NULL, 'unpriced', 'priced') AS price_status,
    ifNull(m.price_id, '') AS price_id,
    if(m.input_price IS NULL, NULL, m.valid_from) AS price_valid_from,
    cost AS list_cost,
    cost AS contracted_cost,
    cost_of_input AS input_cost,
    cost_of_cache_read AS cache_read_cost,
    cost_of_cache_write AS cache_write_cost,
    cost_of_output AS output_cost,
    cost_of_request AS other_cost,
    wh AS energy_wh,
    wh_low AS energy_wh_low,
    wh_high AS energy_wh_high,
    if(wh IS NULL, 'unknown', 'modelled') AS energy_method,
    ifNull(m.energy_id, '') AS energy_id,
    ifNull(p.zone, '') AS zone,
    p.g_per_kwh AS intensity_g_per_kwh,
    ifNull(p.source, '') AS intensity_source,
    ifNull(p.resolution, 'unknown') AS intensity_resolution,
    wh / 1000 * p.g_per_kwh AS co2e_g,
    wh_low / 1000 * p.g_per_kwh AS co2e_g_low,
    wh_high / 1000 * p.g_per_kwh AS co2e_g_high,
    NULL AS co2e_market_g,
    if(energy_unknown, NULL, m.embodied_g_per_output_token * b.output_tokens + m.embodied_g_per_request) AS embodied_g,
    NULL AS water_ml,
    b.usage_note, b.input_audio_tokens, b.output_audio_tokens, b.web_searches, b.vendor_unit, b.vendor_quantity, b.speed,
    b.provider_account, b.host_name, b.scope_name,
    1 AS counted,
    '' AS counted_reason,
    {version:UInt64} AS version,
    now64(6, 'UTC') AS enriched_at
FROM batch AS b
ASOF LEFT JOIN models AS m
    ON m.provider = b.provider AND m.request_model = b.request_model AND m.response_model = b.response_model
    AND m.valid_from <= b.ts
LEFT JOIN places AS p
    ON p.provider = b.provider AND p.cloud_region = b.cloud_region AND p.hour = toStartOfHour(b.ts)

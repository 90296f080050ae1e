-- Stage 3: puts down the list prices and the energy entries that the batch's calls can have: for each price_key, a row for
-- each date on which a price changes. Of what is there already, none is put down again.
--
-- Parameters: batch, models Identifier: the tables of stage 1 and of this one; energy_method String: 'ecologits' or
--     'token-aware', of models that both know; energy_bounds String: of these models, 'method', or 'envelope': of both
--     methods the lower low and the higher high.
-- Needs join_use_nulls = 1: what does not match must be NULL, never a free call.
INSERT INTO {models:Identifier}
-- Most of what this costs is its plan.
SETTINGS join_algorithm = 'hash', query_plan_merge_expressions = 0
WITH
    {{charge_of_others}},
    called AS
    (
        SELECT
            price_key,
            any(provider) AS provider,
            any(request_model) AS request_model,
            any(response_model) AS response_model,
            any(service_tier) AS service_tier,
            any(speed) AS speed,
            any(vendor_unit) AS vendor_unit,
            any(inference_geo) AS inference_geo,
            any(other_units) AS other_units
        FROM {batch:Identifier}
        WHERE price_key NOT IN (SELECT price_key FROM {models:Identifier})
        GROUP BY price_key
    ),
    resolved AS
    (
        SELECT
            *,
            -- The user's own coefficients come first. Resolution names EcoLogits' entries; the other methods have entries of
            -- the same ending.
            arrayFirst(
                id -> has((SELECT groupArray(energy_id) FROM energy_model FINAL WHERE method = 'own'), id),
                arrayMap(name -> concat('own/', lower(name)), [
                    concat(provider, '/', response_model), concat(provider, '/', request_model),
                    concat('/', response_model), concat('/', request_model)])) AS own_energy_id,
            multiIf(
                own_energy_id != '', own_energy_id,
                startsWith(energy_id, 'ecologits/'), concat({energy_method:String}, substring(energy_id, 10)),
                -- A proxy's entry by EcoLogits' method has a suffix.
                startsWith(energy_id, 'proxy/') AND {energy_method:String} = 'ecologits',
                concat(energy_id, ', ecologits'),
                energy_id) AS energy_entry,
            multiIf(
                {energy_bounds:String} != 'envelope' OR own_energy_id != '', '',
                startsWith(energy_id, 'ecologits/'),
                concat(if({energy_method:String} = 'ecologits', 'token-aware', 'ecologits'), substring(energy_id, 10)),
                startsWith(energy_id, 'proxy/') AND {energy_method:String} = 'ecologits', energy_id,
                startsWith(energy_id, 'proxy/'), concat(energy_id, ', ecologits'),
                '') AS other_entry
        FROM model_resolution FINAL
        WHERE (provider, request_model, response_model) IN (SELECT provider, request_model, response_model FROM called)
    )
SELECT
    call.price_key AS price_key,
    resolution.free = 1 AS free,
    ifNull(price.price_id, '') AS price_id,
    ifNull(price.valid_from, toDateTime64(0, 9, 'UTC')) AS valid_from,
    price.token_priced AS token_priced,
    arrayStringConcat(ifNull(price.text_priced, []), ' ') AS text_priced,
    price.unit_prices[indexOf(price.units, call.vendor_unit)] AS unit_price,
    has(price.units, call.vendor_unit) AS unit_known,
    price.unit_minimum_cost AS unit_minimum_cost,
    charge_of_others(call.other_units, price.units, price.unit_prices) AS other_charge,
    if(other_charge = 0, '', others_left(call.other_units, price.units)) AS others_unpriced,
    price.tier_starts AS tier_starts,
    price.window_starts AS window_starts,
    price.steps AS steps,
    if(resolution.free = 1 OR price.price_id IS NULL OR price.token_priced = 0, '', arrayStringConcat(arrayFilter(
        term -> term != '',
        [if(price.service_tier = '' AND call.service_tier NOT IN ('', 'standard', 'default', 'auto', 'on_demand', 'on-demand', 'none', 'null', 'unspecified'), concat('service tier ', call.service_tier), ''),
         if(price.speed = '' AND call.speed NOT IN ('', 'standard'), concat('speed ', call.speed), '')]), ', '))
        AS unpriced_terms,
    -- Whether the price is that of where the model ran: its own there, or the same everywhere, of a provider that has others.
    price.region != ''
        OR price.provider IN (SELECT provider FROM price_list WHERE book = 'list' AND region != '')
            AND (price.provider, price.model) NOT IN (SELECT provider, model FROM price_list WHERE book = 'list' AND region != '')
        AS geo_priced,
    energy.energy_id AS energy_id,
    energy.method AS energy_method,
    energy.wh_per_output_token_low AS wh_per_output_token_low,
    energy.wh_per_output_token AS wh_per_output_token,
    energy.wh_per_output_token_high AS wh_per_output_token_high,
    energy.wh_per_input_token_low AS wh_per_input_token_low,
    energy.wh_per_input_token AS wh_per_input_token,
    energy.wh_per_input_token_high AS wh_per_input_token_high,
    energy.wh_per_cache_read_token_low AS wh_per_cache_read_token_low,
    energy.wh_per_cache_read_token AS wh_per_cache_read_token,
    energy.wh_per_cache_read_token_high AS wh_per_cache_read_token_high,
    energy.wh_per_request_low AS wh_per_request_low,
    energy.wh_per_request AS wh_per_request,
    energy.wh_per_request_high AS wh_per_request_high,
    energy.wh_per_second_low AS wh_per_second_low,
    energy.wh_per_second_high AS wh_per_second_high,
    energy.seconds_per_output_token_low AS seconds_per_output_token_low,
    energy.seconds_per_output_token_high AS seconds_per_output_token_high,
    energy.seconds_per_request AS seconds_per_request,
    energy.embodied_g_per_output_token AS embodied_g_per_output_token,
    energy.embodied_g_per_request AS embodied_g_per_request,
    energy.embodied_g_per_input_token AS embodied_g_per_input_token,
    energy.embodied_g_per_second_low AS embodied_g_per_second_low,
    energy.embodied_g_per_second_high AS embodied_g_per_second_high,
    energy.pue_low AS pue_low,
    energy.pue AS pue,
    energy.pue_high AS pue_high,
    energy.l_per_kwh_low AS l_per_kwh_low,
    energy.l_per_kwh AS l_per_kwh,
    energy.l_per_kwh_high AS l_per_kwh_high,
    energy.central_is_mean AS central_is_mean,
    -- The bounds of the other method, where they count: at its low as if the answer had come at once, at its high as if it
    -- had taken its time. Without them, what is neither lower nor higher than anything.
    ifNull(other.pue_low, 1) AS other_pue_low,
    ifNull(other.pue_high, 1) AS other_pue_high,
    ifNull(other.wh_per_output_token_low - other.wh_per_second_low * other.seconds_per_output_token_low, 0)
        AS other_wh_per_output_token_low,
    ifNull(other.wh_per_output_token_high, 0) AS other_wh_per_output_token_high,
    ifNull(other.wh_per_input_token_low, 0) AS other_wh_per_input_token_low,
    ifNull(other.wh_per_input_token_high, 0) AS other_wh_per_input_token_high,
    ifNull(other.wh_per_cache_read_token_low, 0) AS other_wh_per_cache_read_token_low,
    ifNull(other.wh_per_cache_read_token_high, 0) AS other_wh_per_cache_read_token_high,
    if(other.energy_id IS NULL, inf, other.wh_per_request_low - other.wh_per_second_low * other.seconds_per_request)
        AS other_wh_per_request_low,
    ifNull(other.wh_per_request_high, 0) AS other_wh_per_request_high
FROM (SELECT * FROM called) AS call
INNER JOIN (SELECT * FROM resolved) AS resolution
    ON resolution.provider = call.provider AND resolution.request_model = call.request_model
    AND resolution.response_model = call.response_model
LEFT JOIN
(
    SELECT * FROM price_entry
    WHERE book IN ('list', 'free') AND (provider, model) IN (SELECT price_provider, price_model FROM resolved)
) AS price
    ON price.provider = resolution.price_provider AND price.model = resolution.price_model
LEFT JOIN (SELECT * FROM energy_model FINAL) AS energy
    ON energy.energy_id = resolution.energy_entry
LEFT JOIN (SELECT * FROM energy_model FINAL) AS other
    ON other.energy_id = resolution.other_entry
-- Of the rows of one date, the one that says most about the call's service tier, its speed and where it ran.
WHERE price.price_id IS NULL
    OR price.service_tier = '' AND price.speed = '' AND price.region = ''
    OR resolution.standard_only = 0
        AND price.service_tier IN ('', call.service_tier) AND price.speed IN ('', call.speed)
        AND (price.region = '' OR has(splitByChar('|', CAST(price.region, 'String')), call.inference_geo))
ORDER BY price.service_tier != '' DESC, price.speed != '' DESC, price.region != '' DESC
LIMIT 1 BY price_key, valid_from

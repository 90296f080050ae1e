-- What calls are charged for, meter by meter: a row for each call and each class of tokens, searches, requests or units that
-- it used, with the prices that the ledger reckoned by, and a row `rounding` where the products, rounded to 1e-12 USD, are not
-- what the ledger has (a least charge, or prices of more digits). The rows of a call sum to its costs in the ledger exactly.
--
-- Columns:
--   trace_id, span_id, ts: as in `calls`
--   tenant_id, cost_center, environment, service_name, feature, workflow, user_id, session_id, run_id, dimensions: as in `calls`
--   agent, provider, provider_account, host_name, model, operation, service_tier, speed, cloud_region, inference_geo, zone: as in `calls`
--   signal, granularity, price_status, price_id, contract_price_id: as in `calls`
--   meter: `input`, `cache_read`, `cache_write`, `cache_write_1h`, `output`, `reasoning`, those of audio, images and video,
--     `search`, `request`, the vendor's unit, such as `page`, or `rounding`
--   unit: `Tokens`, `Searches`, `Requests`, or the vendor's unit; '' of `rounding`
--   price_step: which of an entry's prices: 0 is the base, then context tiers and windows of the day
--   quantity: in units; 0 of `rounding`
--   list_price, contracted_price: of one unit, USD; NULL where unknown, and of `rounding`
--   list_cost, contracted_cost: USD; NULL where unknown
--   first_of_call: 1: of one row of each call, that of its output where there is one: what is known of calls alone is summed there
--   known_calls, least_calls: as in `calls`
--   energy_wh, co2e_g, co2e_g_low, co2e_g_high, co2e_market_g, embodied_g, water_ml: of the call, on its first row; NULL else
-- Needs: calls, priced_entry

CREATE OR REPLACE VIEW metered_charge AS
WITH
    (amount -> toDecimal128(amount + if(amount < 0, -1, 1) * toDecimal256('0.0000000000005', 22), 12)) AS usd
SELECT
    trace_id, span_id, ts,
    tenant_id, cost_center, environment, service_name, feature, workflow, user_id, session_id, run_id, dimensions,
    agent, provider, provider_account, host_name, model, operation, service_tier, speed, cloud_region, inference_geo, zone,
    signal, granularity, price_status, price_id, contract_price_id,
    charge.1 AS meter,
    charge.2 AS unit,
    price_step,
    charge.3 AS quantity,
    charge.4 AS list_price,
    charge.5 AS contracted_price,
    charge.6 AS list_cost,
    charge.7 AS contracted_cost,
    charge.8 AS first_of_call,
    known_calls,
    least_calls,
    if(first_of_call = 1, call_energy_wh, NULL) AS energy_wh,
    if(first_of_call = 1, call_co2e_g, NULL) AS co2e_g,
    if(first_of_call = 1, call_co2e_g_low, NULL) AS co2e_g_low,
    if(first_of_call = 1, call_co2e_g_high, NULL) AS co2e_g_high,
    if(first_of_call = 1, call_co2e_market_g, NULL) AS co2e_market_g,
    if(first_of_call = 1, call_embodied_g, NULL) AS embodied_g,
    if(first_of_call = 1, call_water_ml, NULL) AS water_ml
FROM
(
    -- Each step of these is a level of its own: what an expression names again stands in it, and is planned, as often.
    SELECT
        *,
        toDecimal128(call_list_cost, 12) - arraySum(used -> ifNull(used.6, toDecimal128(0, 12)), costed) AS list_rest,
        toDecimal128(call_contracted_cost, 12) - arraySum(used -> ifNull(used.7, toDecimal128(0, 12)), costed) AS contracted_rest,
        greatest(1, indexOf(arrayMap(used -> used.1 IN ('output', 'reasoning'), costed), 1)) AS first_place,
        arrayConcat(
            arrayMap((used, place) -> (used.1, used.2, used.3, used.4, used.5, used.6, used.7, toUInt8(place = first_place)),
                     costed, arrayEnumerate(costed)),
            if(ifNull(list_rest, 0) = 0 AND ifNull(contracted_rest, 0) = 0, [],
               [('rounding', '', toDecimal128(0, 6), CAST(NULL, 'Nullable(Decimal(38, 22))'),
                 CAST(NULL, 'Nullable(Decimal(38, 22))'), list_rest, contracted_rest, toUInt8(0))])) AS told_charges
    FROM
    (
        SELECT
            *,
            arrayMap(
                used -> (used.1, used.2, used.3, used.4, used.5,
                         usd(toDecimal256(used.3, 6) * toDecimal256(used.4, 22)), usd(toDecimal256(used.3, 6) * toDecimal256(used.5, 22))),
                -- A call that used nothing that is counted is told all the same: it was a request.
                if(empty(used_classes), [('request', 'Requests', toDecimal128(least_calls, 6),
                       if(call_list_cost IS NULL, NULL, toNullable(toDecimal128(0, 22))),
                       if(call_contracted_cost IS NULL, NULL, toNullable(toDecimal128(0, 22))))],
                   used_classes)) AS costed
        FROM
        (
            SELECT
                *,
                arrayFilter(
                    used -> used.3 != 0 AND (used.1 != 'request' OR ifNull(used.4, 0) != 0 OR ifNull(used.5, 0) != 0),
                    arrayMap(
                        (used, of_list, of_contract) -> (
                            used.1, used.2, used.3,
                            if(call_list_cost IS NULL, NULL, of_list),
                            if(call_contracted_cost IS NULL, NULL, if(contract_price_id != '', of_contract, of_list))),
                        arrayConcat(
                            arrayMap(
                                (meter, unit, quantity) -> (meter, unit, quantity),
                                ['input', 'input_audio', 'input_image', 'input_video', 'cache_read', 'cache_read_audio', 'cache_read_image',
                                 'cache_write', 'cache_write_1h', 'output', 'output_image', 'output_audio', 'reasoning', 'request', 'search',
                                 vendor_unit],
                                ['Tokens', 'Tokens', 'Tokens', 'Tokens', 'Tokens', 'Tokens', 'Tokens', 'Tokens', 'Tokens', 'Tokens', 'Tokens',
                                 'Tokens', 'Tokens', 'Requests', 'Searches', vendor_unit],
                                quantities),
                            -- What the provider charges for beside: '3 code execution, 1 file_search_call'; of most of it no price is known.
                            arrayMap(
                                told -> (replaceAll(told.2, ' ', '_'), told.2, toDecimal128(toUInt64OrZero(told.1), 6)), others)),
                        arrayConcat(
                            [list.input, list.input_audio, list.input_image, list.input_video, list.cache_read, list.cache_read_audio,
                             list.cache_read_image, list.cache_write, list.cache_write_1h, list.output, list.output_image,
                             list.output_audio, list.reasoning, list.request, list.search,
                             list_of_unit],
                            list_of_others),
                        arrayConcat(
                            [agreed.input, agreed.input_audio, agreed.input_image, agreed.input_video, agreed.cache_read,
                             agreed.cache_read_audio, agreed.cache_read_image, agreed.cache_write, agreed.cache_write_1h, agreed.output,
                             agreed.output_image, agreed.output_audio, agreed.reasoning, agreed.request, agreed.search,
                             agreed_of_unit],
                            agreed_of_others))) AS used_classes
            FROM
            (
                WITH
                    {{price_step}},
                    step_of(entry.window_starts, entry.tier_starts) AS list_step,
                    step_of(contract.window_starts, contract.tier_starts) AS agreed_step,
                    ((units, prices, unit) -> if(has(entry.units, unit) OR has(contract.units, unit),
                        toNullable(prices[indexOf(units, unit)]), NULL)) AS price_of
                SELECT
                    call.trace_id AS trace_id, call.span_id AS span_id, call.ts AS ts,
                    call.tenant_id AS tenant_id, call.cost_center AS cost_center, call.environment AS environment,
                    call.service_name AS service_name, call.feature AS feature, call.workflow AS workflow, call.user_id AS user_id,
                    call.session_id AS session_id, call.run_id AS run_id, call.dimensions AS dimensions,
                    call.agent AS agent, call.provider AS provider, call.provider_account AS provider_account,
                    call.host_name AS host_name, call.model AS model, call.operation AS operation,
                    call.service_tier AS service_tier, call.speed AS speed, call.cloud_region AS cloud_region,
                    call.inference_geo AS inference_geo, call.zone AS zone, call.signal AS signal, call.granularity AS granularity,
                    call.price_status AS price_status, call.price_id AS price_id, call.contract_price_id AS contract_price_id,
                    call.known_calls AS known_calls, call.least_calls AS least_calls,
                    call.list_cost AS call_list_cost, call.contracted_cost AS call_contracted_cost,
                    call.energy_wh AS call_energy_wh, call.co2e_g AS call_co2e_g, call.co2e_g_low AS call_co2e_g_low,
                    call.co2e_g_high AS call_co2e_g_high, call.co2e_market_g AS call_co2e_market_g,
                    call.embodied_g AS call_embodied_g, call.water_ml AS call_water_ml,
                    if(call.contract_price_id != '', agreed_step, list_step) - 1 AS price_step,
                    {{quantities}},
                    toString(call.vendor_unit) AS vendor_unit,
                    [
                        toDecimal128(text_input, 6), toDecimal128(audio_input, 6), toDecimal128(image_input, 6), toDecimal128(video_input, 6),
                        toDecimal128(cached_text, 6), toDecimal128(cached_audio, 6), toDecimal128(cached_image, 6),
                        toDecimal128(written_for_5m, 6), toDecimal128(call.cache_write_1h_tokens, 6), toDecimal128(text_output, 6),
                        toDecimal128(image_output, 6), toDecimal128(audio_output, 6), toDecimal128(reasoned, 6), toDecimal128(answers, 6),
                        toDecimal128(call.web_searches, 6), toDecimal128(call.vendor_quantity, 6)
                    ] AS quantities,
                    entry.steps[list_step] AS list,
                    contract.steps[agreed_step] AS agreed,
                    entry.unit_prices[indexOf(entry.units, call.vendor_unit)] AS list_of_unit,
                    contract.unit_prices[indexOf(contract.units, call.vendor_unit)] AS agreed_of_unit,
                    arrayMap(told -> (substringIndex(told, ' ', 1), substring(told, position(told, ' ') + 1)),
                        if(call.other_units = '', [], splitByString(', ', call.other_units))) AS others,
                    arrayMap(told -> price_of(entry.units, entry.unit_prices, told.2), others) AS list_of_others,
                    arrayMap(told -> price_of(contract.units, contract.unit_prices, told.2), others) AS agreed_of_others
                FROM calls AS call
                ASOF LEFT JOIN priced_entry AS entry
                    ON entry.price_id = call.price_id AND entry.known_from <= call.enriched_at
                ASOF LEFT JOIN priced_entry AS contract
                    ON contract.price_id = call.contract_price_id AND contract.known_from <= call.enriched_at
            )
        )
    )
)
ARRAY JOIN told_charges AS charge;

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
    ((meter, unit, used, prices) -> (toString(meter), toString(unit), toDecimal128(used, 6), prices.1, prices.2)) AS of_class,
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
    SELECT
        *,
        -- A call that used nothing that is counted is told all the same: it was a request.
        arrayFilter(
            used -> used.3 != 0 AND (used.1 != 'request' OR ifNull(used.4, 0) != 0 OR ifNull(used.5, 0) != 0),
            classes) AS used_classes,
        if(empty(used_classes), [of_class('request', 'Requests', least_calls, (
               if(known_list, toNullable(toDecimal128(0, 22)), NULL), if(known_contracted, toNullable(toDecimal128(0, 22)), NULL)))],
           used_classes) AS told_classes,
        arrayMap(
            used -> (used.1, used.2, used.3, used.4, used.5,
                     usd(toDecimal256(used.3, 6) * toDecimal256(used.4, 22)), usd(toDecimal256(used.3, 6) * toDecimal256(used.5, 22))),
            told_classes) AS costed,
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
        WITH
            {{price_step}},
            entry.steps[step_of(entry.window_starts, entry.tier_starts)] AS entry_price,
            agreed.steps[step_of(agreed.window_starts, agreed.tier_starts)] AS agreed_price,
            call.contract_price_id != '' AS by_contract,
            ((of_list, of_contract) -> (
                if(known_list, toNullable(of_list), NULL),
                if(known_contracted, toNullable(if(by_contract, of_contract, of_list)), NULL))) AS both,
            (CAST(NULL, 'Nullable(Decimal(38, 22))'), CAST(NULL, 'Nullable(Decimal(38, 22))')) AS nothing_known,
            (unit -> if(has(entry.units, unit) OR has(agreed.units, unit),
                        both(entry.unit_prices[indexOf(entry.units, unit)], agreed.unit_prices[indexOf(agreed.units, unit)]),
                        nothing_known)) AS price_of_unit
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
            call.list_cost IS NOT NULL AS known_list,
            call.contracted_cost IS NOT NULL AS known_contracted,
            if(by_contract, step_of(agreed.window_starts, agreed.tier_starts), step_of(entry.window_starts, entry.tier_starts)) - 1
                AS price_step,
            {{quantities}},
            [
                of_class('input', 'Tokens', text_input, both(entry_price.input, agreed_price.input)),
                of_class('input_audio', 'Tokens', audio_input, both(entry_price.input_audio, agreed_price.input_audio)),
                of_class('input_image', 'Tokens', image_input, both(entry_price.input_image, agreed_price.input_image)),
                of_class('input_video', 'Tokens', video_input, both(entry_price.input_video, agreed_price.input_video)),
                of_class('cache_read', 'Tokens', cached_text, both(entry_price.cache_read, agreed_price.cache_read)),
                of_class('cache_read_audio', 'Tokens', cached_audio, both(entry_price.cache_read_audio, agreed_price.cache_read_audio)),
                of_class('cache_read_image', 'Tokens', cached_image, both(entry_price.cache_read_image, agreed_price.cache_read_image)),
                of_class('cache_write', 'Tokens', written_for_5m, both(entry_price.cache_write, agreed_price.cache_write)),
                of_class('cache_write_1h', 'Tokens', call.cache_write_1h_tokens, both(entry_price.cache_write_1h, agreed_price.cache_write_1h)),
                of_class('output', 'Tokens', text_output, both(entry_price.output, agreed_price.output)),
                of_class('output_image', 'Tokens', image_output, both(entry_price.output_image, agreed_price.output_image)),
                of_class('output_audio', 'Tokens', audio_output, both(entry_price.output_audio, agreed_price.output_audio)),
                of_class('reasoning', 'Tokens', reasoned, both(entry_price.reasoning, agreed_price.reasoning)),
                of_class('request', 'Requests', answers, both(entry_price.request, agreed_price.request)),
                of_class('search', 'Searches', call.web_searches, both(entry_price.search, agreed_price.search)),
                of_class(call.vendor_unit, call.vendor_unit, call.vendor_quantity,
                    both(entry.unit_prices[indexOf(entry.units, call.vendor_unit)], agreed.unit_prices[indexOf(agreed.units, call.vendor_unit)]))
            ] AS priced_classes,
            -- What the provider charges for beside: '3 code execution, 1 file_search_call'; of most of it no price is known.
            arrayMap(
                told -> of_class(replaceAll(substring(told, position(told, ' ') + 1), ' ', '_'), substring(told, position(told, ' ') + 1),
                    toUInt64OrZero(substringIndex(told, ' ', 1)), price_of_unit(substring(told, position(told, ' ') + 1))),
                splitByString(', ', call.other_units)) AS other_classes,
            arrayConcat(priced_classes, if(call.other_units = '', [], other_classes)) AS classes
        FROM calls AS call
        ASOF LEFT JOIN priced_entry AS entry
            ON entry.price_id = call.price_id AND entry.known_from <= call.enriched_at
        ASOF LEFT JOIN priced_entry AS agreed
            ON agreed.price_id = call.contract_price_id AND agreed.known_from <= call.enriched_at
    )
)
ARRAY JOIN told_charges AS charge;

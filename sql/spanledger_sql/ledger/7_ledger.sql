-- Stage 7: writes the batch's calls into the ledger, with cost, energy and emissions, from what the other stages put down.
--
-- One ASOF join finds the price in force at the call's start, with the model's energy coefficients beside it, one the
-- contract's, and one join the grid intensity of the call's hour: all on numbers, with few rows to find.
-- A restatement and a what-if compute calls anew with these same stages, into a table of the ledger's kind.
--
-- Parameters: target Identifier: the table, `ledger` or one of its kind; batch, verdicts, models, contracts, places,
--     measured Identifier: the tables of the other stages; version UInt64: of the rows written; default_pue Float64: of
--     measured hosts whose data centre's overhead nobody gave; energy_bounds String: as of stage 3.
-- Needs join_use_nulls = 1: what does not match must be NULL, never a free call.
INSERT INTO {target:Identifier}
(
    trace_id, span_id, ts, duration_ms, service_name, environment,
    tenant_id, tenant_source, user_id, session_id, feature, workflow, run_id, cost_center, dimensions, dialect,
    provider, request_model, response_model, operation, streaming, ttft_ms,
    status, error_type, finish_reason, response_id, service_tier, cloud_region,
    input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens,
    usage_source,
    price_status, unpriced_parts, price_id, price_valid_from, contract_price_id,
    list_cost, contracted_cost, input_cost, cache_read_cost, cache_write_cost, output_cost, other_cost,
    energy_wh, energy_wh_low, energy_wh_high, energy_method, energy_id,
    zone, intensity_g_per_kwh, intensity_source, intensity_resolution,
    co2e_g, co2e_g_low, co2e_g_high, co2e_market_g, embodied_g, water_ml,
    usage_note, input_audio_tokens, output_audio_tokens, web_searches, vendor_unit, vendor_quantity, speed,
    input_image_tokens, output_image_tokens, cache_read_image_tokens, cache_read_audio_tokens, input_video_tokens,
    citation_tokens, other_units, reported_cost, inference_geo,
    provider_account, host_name, scope_name,
    pue, water_l_per_kwh, market_g_per_kwh, market_source,
    signal, granularity, calls, agent,
    counted, counted_reason, version, enriched_at
)
-- Senders' clocks may be off by any number of months, each of which is a partition. Rows of one key are found when they
-- are read, and go when parts are merged: to look for them in each block that is written costs a third of the statement.
-- Nothing here fails on values that a branch is there to keep out, so all branches are reckoned for all rows: what only
-- branches need is reckoned anew for each of them otherwise, branches in branches over and over, at four times the cost.
-- What is joined is small: to share it out among threads and to make one expression of all levels costs more than it saves.
-- Where a table has a view, such as the one that notes hours, all is reckoned by one thread, unless views may be filled by
-- several.
SETTINGS max_partitions_per_insert_block = 0, optimize_on_insert = 0, short_circuit_function_evaluation = 'disable',
    join_algorithm = 'hash', query_plan_merge_expressions = 0, parallel_view_processing = 1
WITH
    {{modelled_energy}},

    -- Whose each call is: the sender's token, a rule that goes first, the span, other reports of the call, the other rules.
    attributed AS
    (
        SELECT
            call.*,
            multiIf(
                match(call.tenant_source, '^token( over .*)?$'), 'span',
                verdict.rule_goes_first = 1 AND verdict.rule_tenant_id != '', 'rule',
                verdict.tenant_id != '', 'report',
                call.tenant_id = '(unattributed)' AND verdict.rule_tenant_id != '', 'rule',
                'span') AS said_by,
            multiIf(said_by = 'rule', verdict.rule_tenant_id, said_by = 'report', verdict.tenant_id, call.tenant_id)
                AS tenant,
            multiIf(said_by = 'rule', verdict.rule_source, said_by = 'report', verdict.tenant_source, call.tenant_source)
                AS tenant_found_in,
            if(verdict.user_id != '', verdict.user_id, call.user_id) AS call_user_id,
            if(verdict.session_id != '', verdict.session_id, call.session_id) AS call_session_id,
            if(verdict.feature != '', verdict.feature, call.feature) AS call_feature,
            -- Agents tell the attempts that failed before one went well.
            call.agent != '' AND call.status = 'error' AND call.usage_source = 'missing' AS attempted,
            if(attempted, 0, ifNull(verdict.counted, 1)) AS counted,
            if(attempted, 'a failed attempt, of which nothing is billed', ifNull(verdict.counted_reason, '')) AS counted_reason,
            cityHash64(call.agreement_key, cityHash64(
                if(tenant IN (SELECT tenant_id FROM price_book FINAL WHERE NOT deleted AND tenant_id != ''), tenant, '')
            )) AS contract_key
        FROM {batch:Identifier} AS call
        LEFT JOIN {verdicts:Identifier} AS verdict
            ON verdict.span = call.span
    ),

    -- How much each call used of what has a price, at which prices; and what its energy depends on.
    found AS
    (
        WITH
            {{price_step}},
            -- An entry that says nothing of the unit that the call used, or nothing of tokens, does not price it.
            (price_id, token_priced, unit_known, free) -> ifNull(price_id, '') = ''
                OR ifNull(if(call.vendor_unit = '', token_priced = 0, unit_known = 0) AND free = 0, 1) AS without_price,
            lasted(call.duration_ms, call.output_tokens) AS lasted_s
        SELECT
            call.* EXCEPT (provider, cloud_region, host_name, cost_center),
            call.provider AS provider,
            call.cloud_region AS cloud_region,
            call.host_name AS host_name,
            -- What the call does not say itself is the tenant's at the time.
            multiIf(call.cost_center != '', call.cost_center, call.ts < owner.valid_to, owner.cost_center, '') AS cost_center,

            {{quantities}},
            -- Without usage nothing is known to cost, except a call that failed: it costs nothing. Quantities that nobody
            -- could have used are not believed.
            call.usage_source = 'missing' AND call.status = 'ok' OR call.web_searches > 1000000
                OR NOT call.vendor_quantity BETWEEN 0 AND 1000000000 AS usage_unknown,

            model.unpriced_terms AS unpriced_terms,
            ifNull(model.geo_priced, 0) AS geo_priced,
            model.text_priced AS list_text_priced,
            contract.text_priced AS contract_text_priced,
            model.free AS free,
            model.price_id AS list_price_id,
            model.valid_from AS list_valid_from,
            without_price(model.price_id, model.token_priced, model.unit_known, model.free) AS unpriced,
            model.steps[step_of(model.window_starts, model.tier_starts)] AS list_price,
            ifNull(model.unit_price, 0) AS list_unit_price,
            ifNull(model.unit_minimum_cost, 0) AS list_least_cost,
            ifNull(model.other_charge, 0) AS list_other_charge,
            contract.price_id AS contract_id,
            without_price(contract.price_id, contract.token_priced, contract.unit_known, 0) AS no_contract,
            contract.steps[step_of(contract.window_starts, contract.tier_starts)] AS contract_price,
            ifNull(contract.unit_price, 0) AS contract_unit_price,
            ifNull(contract.unit_minimum_cost, 0) AS contract_least_cost,
            ifNull(contract.other_charge, 0) AS contract_other_charge,
            if(no_contract, list_other_charge, contract_other_charge) = 0 AS others_without_price,
            multiIf(others_without_price, call.other_units, no_contract, ifNull(model.others_unpriced, ''),
                    ifNull(contract.others_unpriced, '')) AS others_unpriced,

            model.energy_id AS model_energy_id,
            model.energy_method AS model_energy_method,
            -- What makes images, video or speech draws as its own kind does, whatever its model is; own coefficients are of it.
            call.usage_source = 'missing' OR model.energy_id IS NULL
                OR call.operation IN ('image_generation', 'video_generation', 'speech', 'transcription')
                    AND model.energy_method != 'own' AS energy_unknown,
            wh_in_full(model.wh_per_output_token_low, call.output_tokens, model.wh_per_input_token_low, uncached_read,
                       model.wh_per_cache_read_token_low, call.cache_read_tokens, model.wh_per_request_low * ifNull(call.calls, 1)) AS full_wh_low,
            wh_in_full(model.wh_per_output_token, call.output_tokens, model.wh_per_input_token, uncached_read,
                       model.wh_per_cache_read_token, call.cache_read_tokens, model.wh_per_request * ifNull(call.calls, 1)) AS full_wh,
            wh_in_full(model.wh_per_output_token_high, call.output_tokens, model.wh_per_input_token_high, uncached_read,
                       model.wh_per_cache_read_token_high, call.cache_read_tokens, model.wh_per_request_high * ifNull(call.calls, 1)) AS full_wh_high,
            wh_in_full(model.other_wh_per_output_token_low, call.output_tokens, model.other_wh_per_input_token_low, uncached_read,
                       model.other_wh_per_cache_read_token_low, call.cache_read_tokens, model.other_wh_per_request_low * ifNull(call.calls, 1))
                * ifNull(place.pue_low / model.other_pue_low, 1) AS other_wh_low,
            wh_in_full(model.other_wh_per_output_token_high, call.output_tokens, model.other_wh_per_input_token_high, uncached_read,
                       model.other_wh_per_cache_read_token_high, call.cache_read_tokens, model.other_wh_per_request_high * ifNull(call.calls, 1))
                * ifNull(place.pue_high / model.other_pue_high, 1) AS other_wh_high,
            -- By how much the call was shorter than that, in seconds.
            cut_short(model.seconds_per_output_token_low, call.output_tokens, model.seconds_per_request, lasted_s)
                AS cut_s_low,
            cut_short(model.seconds_per_output_token_high, call.output_tokens, model.seconds_per_request, lasted_s)
                AS cut_s_high,
            model.wh_per_second_low AS wh_per_second_low,
            model.wh_per_second_high AS wh_per_second_high,
            -- Nobody's embodied emissions are nil: of an entry that has none they are unknown.
            if(model.embodied_g_per_output_token = 0 AND model.embodied_g_per_input_token = 0, NULL,
               model.embodied_g_per_output_token * call.output_tokens
                   + model.embodied_g_per_input_token * uncached_read
                   + model.embodied_g_per_request * ifNull(call.calls, 1)) AS full_embodied_g,
            model.embodied_g_per_second_low AS embodied_g_per_second_low,
            model.embodied_g_per_second_high AS embodied_g_per_second_high,
            model.central_is_mean AS central_is_mean,
            -- Where the user gave the data centre's overhead, it replaces the one that the coefficients contain.
            ifNull(place.pue_low / model.pue_low, 1) AS overhead_low,
            ifNull(place.pue / model.pue, 1) AS overhead,
            ifNull(place.pue_high / model.pue_high, 1) AS overhead_high,
            ifNull(place.pue, model.pue) AS modelled_pue,
            ifNull(place.l_per_kwh_low, model.l_per_kwh_low) + place.grid_l_per_kwh AS l_per_kwh_low,
            ifNull(place.l_per_kwh, model.l_per_kwh) + place.grid_l_per_kwh AS l_per_kwh,
            ifNull(place.l_per_kwh_high, model.l_per_kwh_high) + place.grid_l_per_kwh AS l_per_kwh_high,

            ifNull(place.zone, '') AS zone,
            place.g_per_kwh AS g_per_kwh,
            ifNull(place.source, '') AS intensity_source,
            ifNull(place.resolution, 'unknown') AS intensity_resolution,
            place.market_g_per_kwh AS market_g_per_kwh,
            ifNull(place.market_source, '') AS market_source,

            measured.wh IS NOT NULL AS is_measured,
            measured.host_name AS measured_host,
            -- An overhead that nobody gave lies between 1.1 and 1.8.
            coalesce(measured.pue, place.pue, {default_pue:Float64}) AS host_pue,
            measured.wh_low * coalesce(measured.pue, place.pue_low, least(1.1, {default_pue:Float64})) AS measured_wh_low,
            measured.wh * host_pue AS measured_wh,
            measured.wh_high * coalesce(measured.pue, place.pue_high, greatest(1.8, {default_pue:Float64}))
                AS measured_wh_high
        FROM attributed AS call
        ASOF LEFT JOIN {models:Identifier} AS model
            ON model.price_key = call.price_key AND model.valid_from <= call.ts
        ASOF LEFT JOIN {contracts:Identifier} AS contract
            ON contract.contract_key = call.contract_key AND contract.valid_from <= call.ts
        LEFT JOIN {measured:Identifier} AS measured
            ON measured.span = call.span
        LEFT JOIN {places:Identifier} AS place
            ON place.place_key = ifNull(measured.place_key, call.place_key)
        ASOF LEFT JOIN (SELECT * FROM tenant_period FINAL WHERE NOT removed) AS owner
            ON owner.tenant_id = call.tenant AND owner.valid_from <= call.ts
    ),

    -- The amounts: of money by class, of energy as measured and allotted to the call, else as its model is reckoned to draw.
    reckoned AS
    (
        WITH
            {{cost_by_class}},
            -- Tokens that are priced as text, since the entry has no other price for them.
            (class, tokens, name) -> if(
                tokens > 0 AND position(if(no_contract, list_text_priced, contract_text_priced), class) > 0,
                concat(toString(tokens), ' ', name, ' at the price of text'), '') AS as_text
        SELECT
            *,
            unpriced OR usage_unknown AS cost_unknown,
            -- What was charged for, and has no price.
            if(free = 1 OR unpriced AND no_contract OR usage_unknown, '', arrayStringConcat(arrayFilter(part -> part != '', [
                others_unpriced,
                as_text('input_audio', audio_input, 'input audio tokens'),
                as_text('cache_read_audio', cached_audio, 'cached audio tokens'),
                as_text('output_audio', audio_output, 'output audio tokens'),
                as_text('output_image', image_output, 'output image tokens'),
                if(web_searches > 0 AND tupleElement(if(no_contract, list_price, contract_price), 'search') = 0,
                   concat(toString(web_searches), ' web search'), ''),
                if(no_contract, ifNull(unpriced_terms, ''), ''),
                if(inference_geo IN ('', 'global', 'not_available') OR no_contract AND geo_priced, '',
                   concat('inference_geo ', inference_geo))
            ]), ', ')) AS unpriced_parts,
            cost_by_class(list_price, list_unit_price, list_least_cost, list_other_charge) AS list_costs,
            cost_by_class(contract_price, contract_unit_price, contract_least_cost, contract_other_charge) AS contract_costs,
            wh_at_bound(full_wh_low, wh_per_second_low, cut_s_low, overhead_low) AS modelled_wh_low,
            wh_at_bound(full_wh_high, wh_per_second_high, cut_s_high, overhead_high) AS modelled_wh_high,
            -- What a call costs at list also pays for its electricity. Free, own and partly priced ones tell nothing of it.
            if(toFloat64(list_costs.1 + list_costs.2 + list_costs.3 + list_costs.4 + list_costs.5) AS list_usd > 0
                   AND NOT cost_unknown AND unpriced_parts = '' AND model_energy_method != 'own'
                   AND {energy_bounds:String} = 'envelope',
               list_usd * (SELECT max(high) FROM uncertainty FINAL WHERE of = 'price'), NULL) AS paid_wh,
            ifNull(paid_wh, inf) AS wh_paid_for,
            multiIf(
                is_measured, measured_wh,
                energy_unknown, NULL,
                wh_between(full_wh, wh_per_second_low, cut_s_low, wh_per_second_high, cut_s_high, overhead)) AS wh
        FROM found
    ),
    summed AS
    (
        SELECT
            *,
            if(cost_unknown, NULL,
               list_costs.1 + list_costs.2 + list_costs.3 + list_costs.4 + list_costs.5) AS cost,
            if(no_contract OR usage_unknown, NULL,
               contract_costs.1 + contract_costs.2 + contract_costs.3 + contract_costs.4 + contract_costs.5)
                AS cost_by_contract,
            multiIf(is_measured, measured_wh_low, energy_unknown, NULL, least(modelled_wh_low, other_wh_low)) AS wh_low,
            multiIf(is_measured, measured_wh_high, energy_unknown, NULL,
                least(greatest(modelled_wh_high, other_wh_high), greatest(wh, wh_paid_for))) AS wh_high,
            multiIf(
                is_measured OR NOT central_is_mean, wh * l_per_kwh,
                energy_unknown, NULL,
                (modelled_wh_low * l_per_kwh_low + modelled_wh_high * l_per_kwh_high) / 2) AS water
        FROM reckoned
    )
SELECT
    trace_id, span_id, ts, duration_ms, service_name, environment,
    tenant, tenant_found_in, call_user_id, call_session_id, call_feature, workflow, run_id, cost_center, dimensions, dialect,
    provider, request_model, response_model, operation, streaming, ttft_ms,
    status, error_type, finish_reason, response_id, service_tier, cloud_region,
    input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens,
    usage_source,
    multiIf(free = 1, 'free', unpriced AND no_contract, 'unpriced', unpriced_parts != '', 'partial', 'priced') AS price_status,
    unpriced_parts,
    ifNull(list_price_id, '') AS price_id,
    if(ifNull(list_price_id, '') = '', NULL, list_valid_from) AS price_valid_from,
    if(no_contract, '', contract_id) AS contract_price_id,
    cost AS list_cost,
    if(no_contract, cost, cost_by_contract) AS contracted_cost,
    if(cost_unknown, NULL, list_costs.1) AS input_cost,
    if(cost_unknown, NULL, list_costs.2) AS cache_read_cost,
    if(cost_unknown, NULL, list_costs.3) AS cache_write_cost,
    if(cost_unknown, NULL, list_costs.4) AS output_cost,
    if(cost_unknown, NULL, list_costs.5) AS other_cost,
    wh AS energy_wh, wh_low AS energy_wh_low, wh_high AS energy_wh_high,
    multiIf(
        is_measured, 'measured', wh IS NULL, 'unknown', model_energy_method IN ('proxy'), 'proxy', 'modelled'
    ) AS energy_method,
    if(is_measured, concat('measured/', measured_host), ifNull(model_energy_id, '')) AS energy_id,
    zone, g_per_kwh AS intensity_g_per_kwh, intensity_source, intensity_resolution,
    wh / 1000 * g_per_kwh AS co2e_g,
    wh_low / 1000 * g_per_kwh AS co2e_g_low,
    wh_high / 1000 * g_per_kwh AS co2e_g_high,
    wh / 1000 * market_g_per_kwh AS co2e_market_g,
    if(energy_unknown, NULL,
       full_embodied_g - (embodied_g_per_second_low * cut_s_low + embodied_g_per_second_high * cut_s_high) / 2
    ) AS embodied_g,
    water AS water_ml,
    usage_note, input_audio_tokens, output_audio_tokens, web_searches, vendor_unit, vendor_quantity, speed,
    input_image_tokens, output_image_tokens, cache_read_image_tokens, cache_read_audio_tokens, input_video_tokens,
    citation_tokens, other_units, reported_cost, inference_geo,
    provider_account, host_name, scope_name,
    if(wh IS NULL, NULL, if(is_measured, host_pue, modelled_pue)) AS pue,
    if(wh > 0, water / wh, NULL) AS water_l_per_kwh,
    market_g_per_kwh, market_source,
    signal, granularity, calls, agent,
    counted, counted_reason, {version:UInt64} AS version, now64(6, 'UTC') AS enriched_at
FROM summed

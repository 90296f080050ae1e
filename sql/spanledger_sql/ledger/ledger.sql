-- Writes a batch of calls into the ledger, with cost, energy and emissions.
--
-- Two joins on typed columns: one ASOF join finds the price in force at the call's start, with the model's energy
-- coefficients beside it, and one the grid intensity of the call's hour. Both sides are narrowed to what the batch
-- needs before they are joined. Calls that the ledger has already are left out, so a batch may be taken twice.
-- A restatement computes calls anew with this same statement, into a table of the ledger's kind.
--
-- Parameters: after, until DateTime64(6, 'UTC'): the batch, by time of ingestion, half-open at the start;
--     verdicts_after UInt64: the version up to which verdicts of `call_verdict` are in the ledger;
--     version UInt64: of the rows written; default_zone String: of calls whose place is unknown;
--     energy_method String: 'ecologits' or 'token-aware', of models that both know; energy_bounds String: of these models,
--     'method', or 'envelope': of both methods the lower low and the higher high; grid_signal, grid_basis String: the
--     kind of intensity; default_pue Float64: of measured hosts whose data centre's overhead nobody gave; estimate_usage
--     UInt8: 1 takes counts that an instrumentation made by itself, where the provider's are missing.
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
    price_status, price_id, price_valid_from, contract_price_id,
    list_cost, contracted_cost, input_cost, cache_read_cost, cache_write_cost, output_cost, other_cost,
    energy_wh, energy_wh_low, energy_wh_high, energy_method, energy_id,
    zone, intensity_g_per_kwh, intensity_source, intensity_resolution,
    co2e_g, co2e_g_low, co2e_g_high, co2e_market_g, embodied_g, water_ml,
    usage_note, input_audio_tokens, output_audio_tokens, web_searches, vendor_unit, vendor_quantity, speed,
    provider_account, host_name, scope_name,
    pue, water_l_per_kwh, market_g_per_kwh, market_source,
    counted, counted_reason, version, enriched_at
)
-- Senders' clocks may be off by any number of months, each of which is a partition. Rows of one key are found when they
-- are read, and go when parts are merged: to look for them in each block that is written costs a third of the statement.
SETTINGS max_partitions_per_insert_block = 0, optimize_on_insert = 0
WITH
    -- What the price of a call is looked up by, as one number: strings would cost the join five times as much. Each column is
    -- hashed by itself, so that the engine hashes the few names of a dictionary and not every row's.
    (provider, request_model, response_model, service_tier, speed, vendor_unit) -> cityHash64(
        cityHash64(provider), cityHash64(request_model), cityHash64(response_model),
        cityHash64(service_tier), cityHash64(speed), cityHash64(vendor_unit)
    ) AS key_of_price,
    (price_key, region, tenant, account, environment) -> cityHash64(
        price_key, cityHash64(region), cityHash64(tenant), cityHash64(account), cityHash64(environment)
    ) AS key_of_contract,
    -- Of what contracts can depend on, only what one does depend on tells calls apart.
    (region) -> if(region IN (SELECT region FROM price_list WHERE region != ''), region, '') AS contract_region,
    (tenant) -> if(
        tenant IN (SELECT tenant_id FROM price_book FINAL WHERE NOT deleted AND tenant_id != ''), tenant, ''
    ) AS contract_tenant,
    (account) -> if(
        account IN (SELECT provider_account FROM price_book FINAL WHERE NOT deleted AND provider_account != ''), account, ''
    ) AS contract_account,
    (environment) -> if(
        environment IN (SELECT environment FROM price_book FINAL WHERE NOT deleted AND environment != ''), environment, ''
    ) AS contract_environment,
    (provider, cloud_region, ts) -> cityHash64(
        cityHash64(provider), cityHash64(cloud_region), toStartOfHour(ts)
    ) AS key_of_place,
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
                multiIf(absurd, 0, estimated, claimed_input_tokens, input_tokens) AS input_tokens,
                if(absurd, 0, cache_read_tokens) AS cache_read_tokens,
                if(absurd, 0, cache_write_tokens) AS cache_write_tokens,
                if(absurd, 0, cache_write_1h_tokens) AS cache_write_1h_tokens,
                multiIf(absurd, 0, estimated, claimed_output_tokens, output_tokens) AS output_tokens,
                if(absurd, 0, reasoning_tokens) AS reasoning_tokens,
                multiIf(absurd, 'missing', estimated, 'estimated', usage_source) AS usage_source
            ),
            greatest(
                llm_spans.input_tokens, llm_spans.cache_read_tokens, llm_spans.cache_write_tokens,
                llm_spans.cache_write_1h_tokens, llm_spans.output_tokens, llm_spans.reasoning_tokens
            ) > 100000000 AS absurd,
            {estimate_usage:UInt8} = 1 AND llm_spans.usage_source = 'missing'
                AND llm_spans.claimed_input_tokens + llm_spans.claimed_output_tokens > 0 AS estimated
        FROM {spans:Identifier} AS llm_spans
        WHERE (
            ingested_at > {after:DateTime64(6, 'UTC')}
            AND ingested_at <= {until:DateTime64(6, 'UTC')}
            AND ({restatement_id:String} = '' OR ts BETWEEN (SELECT min(ts) FROM restated_calls)
                                                        AND (SELECT max(ts) FROM restated_calls))
            AND ({restatement_id:String} = '' OR (trace_id, span_id) IN (SELECT trace_id, span_id FROM restated_calls))
            AND (trace_id, span_id) NOT IN (
                SELECT trace_id, span_id FROM ledger
                WHERE {restatement_id:String} = '' AND enriched_at > {after:DateTime64(6, 'UTC')}
            )
        ) OR (
            -- Calls of earlier batches that a new one makes count otherwise.
            {restatement_id:String} = ''
            AND ingested_at IN (SELECT ingested_at FROM call_verdict WHERE version > {verdicts_after:UInt64})
            AND (trace_id, span_id) IN (
                SELECT trace_id, span_id FROM call_verdict WHERE version > {verdicts_after:UInt64}
            )
        )
    ),
    verdicts AS
    (
        -- Which report of a call counts, and what its other reports and the tenant rules say of whose it is. Most calls
        -- have no row.
        SELECT
            word.span AS span,
            min(word.counted) AS counted,
            anyIf(word.counted_reason, word.is_verdict) AS counted_reason,
            anyIf(word.tenant_id, word.is_verdict) AS tenant_id,
            anyIf(word.tenant_source, word.is_verdict) AS tenant_source,
            anyIf(word.user_id, word.is_verdict) AS user_id,
            anyIf(word.session_id, word.is_verdict) AS session_id,
            anyIf(word.feature, word.is_verdict) AS feature,
            anyIf(word.tenant_id, NOT word.is_verdict) AS rule_tenant_id,
            anyIf(word.tenant_source, NOT word.is_verdict) AS rule_source,
            max(word.before_span) AS rule_goes_first
        FROM
        (
            -- Not FINAL, which would merge all there is before it leaves anything out.
            SELECT span, true AS is_verdict, counted, counted_reason, tenant_id, tenant_source, user_id, session_id,
                   feature, 0 AS before_span
            FROM call_verdict
            -- Where nothing was ever said, the batch need not be read for it.
            WHERE span IN (
                SELECT cityHash64(trace_id, span_id) FROM batch WHERE (SELECT count() FROM call_verdict) > 0
            )
            ORDER BY version DESC
            LIMIT 1 BY span
            UNION ALL
            SELECT span, false AS is_verdict, 1 AS counted, '' AS counted_reason, tenant_id, tenant_source, '' AS user_id,
                   '' AS session_id, '' AS feature, before_span
            FROM call_tenant
            WHERE span IN (
                SELECT cityHash64(trace_id, span_id) FROM batch WHERE (SELECT count() FROM call_tenant) > 0
            )
            ORDER BY version DESC
            LIMIT 1 BY span
        ) AS word
        GROUP BY word.span
    ),
    models AS
    (
        SELECT
            call.price_key AS price_key,
            resolution.free = 1 AS free,
            ifNull(price.price_id, '') AS price_id,
            ifNull(price.valid_from, toDateTime64(0, 9, 'UTC')) AS valid_from,
            price.token_priced AS token_priced,
            price.unit_prices[indexOf(price.units, call.vendor_unit)] AS unit_price,
            has(price.units, call.vendor_unit) AS unit_known,
            price.unit_minimum_cost AS unit_minimum_cost,
            price.tier_starts AS tier_starts,
            price.window_starts AS window_starts,
            -- The steps of the first class, then those of the second ...: one array costs the join less than ten.
            arrayConcat(
                arrayPushFront(price.tier_input_prices, ifNull(price.input_price, 0)),
                arrayPushFront(price.tier_cache_read_prices, ifNull(price.cache_read_price, 0)),
                arrayPushFront(price.tier_cache_write_prices, ifNull(price.cache_write_price, 0)),
                arrayPushFront(price.tier_cache_write_1h_prices, ifNull(price.cache_write_1h_price, 0)),
                arrayPushFront(price.tier_input_audio_prices, ifNull(price.input_audio_price, 0)),
                arrayPushFront(price.tier_output_prices, ifNull(price.output_price, 0)),
                arrayPushFront(price.tier_output_audio_prices, ifNull(price.output_audio_price, 0)),
                arrayPushFront(price.tier_reasoning_prices, ifNull(price.reasoning_price, 0)),
                arrayPushFront(price.tier_search_prices, ifNull(price.search_price, 0)),
                arrayPushFront(price.tier_request_prices, ifNull(price.request_price, 0))
            ) AS prices,
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
            energy.embodied_g_per_second_low AS embodied_g_per_second_low,
            energy.embodied_g_per_second_high AS embodied_g_per_second_high,
            energy.pue_low AS pue_low,
            energy.pue AS pue,
            energy.pue_high AS pue_high,
            energy.l_per_kwh_low AS l_per_kwh_low,
            energy.l_per_kwh AS l_per_kwh,
            energy.l_per_kwh_high AS l_per_kwh_high,
            energy.central_is_mean AS central_is_mean,
            -- The bounds of the other method, where they count: at its low as if the answer had come at once, at its high
            -- as if it had taken its time. Without them, what is neither lower nor higher than anything.
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
        FROM
        (
            SELECT DISTINCT
                provider, request_model, response_model, service_tier, speed, vendor_unit,
                key_of_price(provider, request_model, response_model, service_tier, speed, vendor_unit) AS price_key
            FROM batch
        ) AS call
        INNER JOIN
        (
            SELECT
                *,
                -- The user's own coefficients come first. Resolution names EcoLogits' entries; the other methods have
                -- entries of the same ending.
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
        ) AS resolution
            ON resolution.provider = call.provider AND resolution.request_model = call.request_model
            AND resolution.response_model = call.response_model
        LEFT JOIN (SELECT * FROM price_list FINAL WHERE book IN ('list', 'free')) AS price
            ON price.provider = resolution.price_provider AND price.model = resolution.price_model
        LEFT JOIN (SELECT * FROM energy_model FINAL) AS energy
            ON energy.energy_id = resolution.energy_entry
        LEFT JOIN (SELECT * FROM energy_model FINAL) AS other
            ON other.energy_id = resolution.other_entry
        -- Of the rows of one date, the one that says most about the call's service tier and speed.
        WHERE price.price_id IS NULL
            OR price.service_tier = '' AND price.speed = ''
            OR resolution.standard_only = 0
                AND price.service_tier IN ('', call.service_tier) AND price.speed IN ('', call.speed)
        ORDER BY price.service_tier != '' DESC, price.speed != '' DESC
        LIMIT 1 BY price_key, valid_from
    ),
    contracts AS
    (
        -- What contract books say about the batch's calls: for each date on which one of them changes, the entry of the
        -- book that comes first, a tenant's before an account's, an environment's and everybody's.
        SELECT
            covered.contract_key AS contract_key,
            covered.valid_from AS valid_from,
            covered.price_id AS price_id,
            price.token_priced AS token_priced,
            price.unit_prices[indexOf(price.units, covered.vendor_unit)] AS unit_price,
            has(price.units, covered.vendor_unit) AS unit_known,
            price.unit_minimum_cost AS unit_minimum_cost,
            price.tier_starts AS tier_starts,
            price.window_starts AS window_starts,
            -- The steps of the first class, then those of the second ...: one array costs the join less than ten.
            arrayConcat(
                arrayPushFront(price.tier_input_prices, ifNull(price.input_price, 0)),
                arrayPushFront(price.tier_cache_read_prices, ifNull(price.cache_read_price, 0)),
                arrayPushFront(price.tier_cache_write_prices, ifNull(price.cache_write_price, 0)),
                arrayPushFront(price.tier_cache_write_1h_prices, ifNull(price.cache_write_1h_price, 0)),
                arrayPushFront(price.tier_input_audio_prices, ifNull(price.input_audio_price, 0)),
                arrayPushFront(price.tier_output_prices, ifNull(price.output_price, 0)),
                arrayPushFront(price.tier_output_audio_prices, ifNull(price.output_audio_price, 0)),
                arrayPushFront(price.tier_reasoning_prices, ifNull(price.reasoning_price, 0)),
                arrayPushFront(price.tier_search_prices, ifNull(price.search_price, 0)),
                arrayPushFront(price.tier_request_prices, ifNull(price.request_price, 0))
            ) AS prices
        FROM
        (
            SELECT
                contract_key,
                vendor_unit,
                valid_from,
                multiIf(
                    tupleElement(of_tenant, 1), tupleElement(of_tenant, 2),
                    tupleElement(of_account, 1), tupleElement(of_account, 2),
                    tupleElement(of_environment, 1), tupleElement(of_environment, 2),
                    tupleElement(of_everybody, 1), tupleElement(of_everybody, 2), '') AS price_id
            FROM
            (
                SELECT
                    contract_key,
                    vendor_unit,
                    valid_from,
                    argMaxIf((applies, price_id), valid_from, precedence = 1) OVER until_then AS of_tenant,
                    argMaxIf((applies, price_id), valid_from, precedence = 2) OVER until_then AS of_account,
                    argMaxIf((applies, price_id), valid_from, precedence = 3) OVER until_then AS of_environment,
                    argMaxIf((applies, price_id), valid_from, precedence = 4) OVER until_then AS of_everybody
                FROM
                (
                    SELECT
                        call.contract_key AS contract_key,
                        call.vendor_unit AS vendor_unit,
                        price.valid_from AS valid_from,
                        price.applies = 1 AS applies,
                        price.price_id AS price_id,
                        book.precedence AS precedence
                    FROM
                    (
                        SELECT DISTINCT
                            provider, request_model, response_model, service_tier, speed, vendor_unit,
                            contract_region(cloud_region) AS region,
                            -- Whose a call is, the span alone does not tell.
                            arrayJoin(arrayPushFront(
                                (SELECT groupUniqArray(tenant_id) FROM price_book FINAL WHERE NOT deleted AND tenant_id != ''),
                                '')) AS tenant,
                            contract_account(provider_account) AS account,
                            contract_environment(environment) AS place,
                            key_of_contract(
                                key_of_price(provider, request_model, response_model, service_tier, speed, vendor_unit),
                                region, tenant, account, place) AS contract_key
                        FROM batch
                        WHERE (SELECT count() FROM price_book FINAL WHERE NOT deleted) > 0
                    ) AS call
                    INNER JOIN (SELECT * FROM model_resolution FINAL) AS resolution
                        ON resolution.provider = call.provider AND resolution.request_model = call.request_model
                        AND resolution.response_model = call.response_model
                    INNER JOIN
                    (
                        SELECT * FROM price_list FINAL
                        WHERE book IN (SELECT version FROM price_book FINAL WHERE NOT deleted)
                    ) AS price
                        ON price.provider = resolution.seller AND price.model = resolution.price_model
                    INNER JOIN (SELECT * FROM price_book FINAL WHERE NOT deleted) AS book
                        ON book.version = price.book
                    WHERE book.tenant_id IN ('', call.tenant)
                        AND book.provider_account IN ('', call.account)
                        AND book.environment IN ('', call.place)
                        AND price.service_tier IN ('', call.service_tier)
                        AND price.speed IN ('', call.speed)
                        AND price.region IN ('', call.region)
                    ORDER BY price.service_tier != '' DESC, price.speed != '' DESC, price.region != '' DESC
                    LIMIT 1 BY contract_key, book.book, valid_from
                )
                WINDOW until_then AS (PARTITION BY contract_key ORDER BY valid_from)
            )
            LIMIT 1 BY contract_key, valid_from
        ) AS covered
        LEFT JOIN
        (
            SELECT * FROM price_list FINAL
            WHERE book IN (SELECT version FROM price_book FINAL WHERE NOT deleted)
        ) AS price
            ON price.price_id = covered.price_id
    ),
    -- Provider x region x hour: few rows. An hour without a value gets that of the day before, else the mean of the
    -- month's hours, else the latest yearly mean of the zone, else of its country; `resolution` says which.
    places AS
    (
        SELECT
            place.provider AS provider,
            place.cloud_region AS cloud_region,
            place.hour AS hour,
            place.place_key AS place_key,
            multiIf(
                hourly.g_per_kwh IS NOT NULL, 'hour',
                day_before.g_per_kwh IS NOT NULL, 'previous day',
                monthly.g_per_kwh IS NOT NULL, 'month',
                yearly.g_per_kwh IS NOT NULL OR national.g_per_kwh IS NOT NULL, 'year',
                'unknown') AS resolution,
            multiIf(
                resolution = 'unknown', '',
                resolution = 'year' AND yearly.g_per_kwh IS NULL, place.country,
                place.zone) AS zone,
            coalesce(
                hourly.g_per_kwh, day_before.g_per_kwh, monthly.g_per_kwh, yearly.g_per_kwh, national.g_per_kwh
            ) AS g_per_kwh,
            ifNull(multiIf(
                resolution = 'hour', hourly.source,
                resolution = 'previous day', concat(day_before.source, ', a day earlier'),
                resolution = 'month', concat(monthly.source, ', mean of ', toString(monthly.hours), ' hours of ',
                                             formatDateTime(place.hour, '%Y-%m')),
                coalesce(yearly.source, national.source)), '') AS source,
            facility.pue_low AS pue_low,
            facility.pue AS pue,
            facility.pue_high AS pue_high,
            facility.wue_low / facility.pue_low AS l_per_kwh_low,
            facility.wue / facility.pue AS l_per_kwh,
            facility.wue_high / facility.pue_high AS l_per_kwh_high,
            water.l_per_kwh AS grid_l_per_kwh,

            -- The contracts in force, of this provider and zone before those of all providers and of the country.
            arraySort(c -> c.provider = '', arrayFilter(
                c -> c.provider IN ('', place.provider) AND place.hour >= c.valid_from AND place.hour < c.valid_until,
                if(place.zone = place.country, zonal_contracts.contracts,
                   arrayConcat(zonal_contracts.contracts, national_contracts.contracts)))) AS contracts,
            arrayFilter(c -> c.kind IN ('certificate', 'ppa'), contracts) AS covering,
            arraySum(c -> c.share, covering) AS share_contracted,
            -- Together they cover no more than all of it.
            if(share_contracted > 1, 1 / share_contracted, 1) AS pro_rata,
            arrayFirst(c -> c.kind != '', arrayConcat(
                arrayFilter(c -> c.kind = 'supplier factor', contracts),
                arrayFilter(c -> c.kind = 'residual mix', contracts))) AS otherwise,
            if({grid_signal:String} != 'average', NULL,
               if(empty(covering), 0, arraySum(c -> c.share * c.g_per_kwh, covering)) * pro_rata
               + if(share_contracted >= 1, 0,
                    (1 - share_contracted) * if(otherwise.kind = '', g_per_kwh, otherwise.g_per_kwh))
            ) AS market_g_per_kwh,
            arrayStringConcat(arrayConcat(
                arrayMap(c -> concat(c.kind, ' ', c.id), covering),
                multiIf(share_contracted >= 1, [], otherwise.kind = '', ['location-based intensity'],
                        [concat(otherwise.kind, ' ', otherwise.id)])), ', ') AS market_source
        FROM
        (
            SELECT
                seen.provider AS provider,
                seen.cloud_region AS cloud_region,
                seen.hour AS hour,
                seen.place_key AS place_key,
                -- '' where neither the span nor the provider tells: the default may change.
                if(ifNull(known.zone, '') = '', {default_zone:String}, known.zone) AS zone,
                if(ifNull(known.zone, '') = '', splitByChar('-', {default_zone:String})[1], known.country) AS country
            FROM
            (
                SELECT DISTINCT
                    provider, cloud_region, toStartOfHour(ts) AS hour, key_of_place(provider, cloud_region, ts) AS place_key
                FROM batch
            ) AS seen
            LEFT JOIN (SELECT * FROM grid_zone FINAL) AS known
                ON known.provider = seen.provider AND known.cloud_region = seen.cloud_region
        ) AS place
        LEFT JOIN (SELECT zone, ts, g_per_kwh, source FROM hours) AS hourly
            ON hourly.zone = place.zone AND hourly.ts = place.hour
        LEFT JOIN (SELECT zone, ts + INTERVAL 1 DAY AS ts, g_per_kwh, source FROM hours) AS day_before
            ON day_before.zone = place.zone AND day_before.ts = place.hour
        LEFT JOIN
        (
            SELECT
                zone,
                toStartOfMonth(ts) AS month,
                avg(g_per_kwh) AS g_per_kwh,
                count() AS hours,
                argMax(splitByString(', mean of', source)[1], ts) AS source
            FROM hours
            GROUP BY zone, month
        ) AS monthly
            ON monthly.zone = place.zone AND monthly.month = toStartOfMonth(place.hour)
        LEFT JOIN (SELECT * FROM years) AS yearly
            ON yearly.zone = place.zone
        LEFT JOIN (SELECT * FROM years) AS national
            ON national.zone = place.country
        LEFT JOIN (SELECT * FROM grid_water FINAL) AS water
            ON water.zone = place.country
        LEFT JOIN
        (
            -- What holds for a provider holds for each of its regions that has no row of its own.
            SELECT
                region.provider AS provider,
                region.cloud_region AS cloud_region,
                argMax(given.pue_low, given.cloud_region != '') AS pue_low,
                argMax(given.pue, given.cloud_region != '') AS pue,
                argMax(given.pue_high, given.cloud_region != '') AS pue_high,
                argMax((given.wue_low, given.wue, given.wue_high), given.cloud_region != '') AS wues,
                wues.1 AS wue_low,
                wues.2 AS wue,
                wues.3 AS wue_high
            FROM (SELECT DISTINCT provider, cloud_region FROM grid_zone) AS region
            INNER JOIN (SELECT * FROM energy_facility FINAL) AS given
                ON given.provider = region.provider
            WHERE given.cloud_region IN ('', region.cloud_region)
            GROUP BY region.provider, region.cloud_region
        ) AS facility
            ON facility.provider = place.provider AND facility.cloud_region = place.cloud_region
        LEFT JOIN (SELECT * FROM contracts_by_zone) AS zonal_contracts
            ON zonal_contracts.zone = place.zone
        LEFT JOIN (SELECT * FROM contracts_by_zone) AS national_contracts
            ON national_contracts.zone = place.country
    ),
    hours AS
    (
        SELECT zone, ts, g_per_kwh, source
        FROM grid_intensity FINAL
        WHERE resolution = 'hour' AND signal = {grid_signal:String} AND basis = {grid_basis:String}
            AND zone IN (SELECT if(zone = '', {default_zone:String}, zone) FROM grid_zone)
            AND ts >= toStartOfMonth((SELECT (min(ts), max(ts)) FROM batch).1) - INTERVAL 1 DAY
            AND ts < toStartOfMonth((SELECT (min(ts), max(ts)) FROM batch).2) + INTERVAL 1 MONTH
    ),
    years AS
    (
        SELECT
            zone,
            argMax(g_per_kwh, ts) AS g_per_kwh,
            concat(argMax(source, ts), ', mean of ', toString(toYear(max(ts)))) AS source
        FROM grid_intensity FINAL
        WHERE resolution = 'year' AND signal = {grid_signal:String} AND basis = {grid_basis:String}
        GROUP BY zone
    ),
    contracts_by_zone AS
    (
        SELECT
            zone,
            groupArray(CAST(
                (contract_id, kind, provider, valid_from, valid_until, ifNull(share, 1), g_per_kwh),
                'Tuple(id String, kind String, provider String, valid_from DateTime, valid_until DateTime, share Float64,
                       g_per_kwh Float64)')) AS contracts
        FROM grid_contract FINAL
        WHERE mwh IS NULL
        GROUP BY zone
    ),

    -- The tokens of each class, which together are the input and the output: none is billed twice.
    greatest(b.cache_write_tokens, b.cache_write_1h_tokens) AS cache_written,
    toUInt64(greatest(0, toInt64(b.input_tokens) - toInt64(b.cache_read_tokens) - toInt64(cache_written))) AS uncached,
    least(b.input_audio_tokens, uncached) AS audio_in,
    least(b.output_audio_tokens, b.output_tokens) AS audio_out,
    least(b.reasoning_tokens, b.output_tokens - audio_out) AS reasoned,
    uncached - audio_in AS text_in,
    cache_written - b.cache_write_1h_tokens AS written_5m,
    b.output_tokens - audio_out - reasoned AS text_out,
    if(b.status = 'ok', 1, 0) AS answered,

    -- A price's step: the part of the day, and how many context tiers the whole prompt exceeds; 1 is the base price.
    (windows, tiers) -> 1
        + if(empty(windows), 0, arrayCount(start -> toUnixTimestamp64Second(b.ts) % 86400 >= start, windows) * (length(tiers) + 1))
        + if(empty(tiers), 0, arrayCount(start -> b.input_tokens > start, tiers)) AS step_of,
    (price, least_cost) -> if(b.vendor_quantity = 0, toDecimal128(0, 22), greatest(
        toDecimal128(least(toDecimal256(b.vendor_quantity, 6) * price, toDecimal256(100000, 22)), 22), least_cost
    )) AS charge_of_units,
    -- Money is rounded to 1e-12 USD by class, of which the cost is the sum.
    amount -> toDecimal64(amount + toDecimal128('0.0000000000005', 22), 12) AS usd,

    -- Without usage nothing is known to cost, except a call that failed: it costs nothing. Quantities that nobody could
    -- have used are not believed.
    b.usage_source = 'missing' AND b.status = 'ok' OR b.web_searches > 1000000
        OR NOT b.vendor_quantity BETWEEN 0 AND 1000000000 AS usage_unknown,

    step_of(m.window_starts, m.tier_starts) AS step,
    intDiv(length(m.prices), 10) AS steps,
    ifNull(m.price_id, '') = ''
        OR ifNull(if(b.vendor_unit = '', m.token_priced = 0, m.unit_known = 0) AND m.free = 0, 1) AS unpriced,
    unpriced OR usage_unknown AS cost_unknown,
    usd(
        text_in * m.prices[step]
        + audio_in * m.prices[step + 4 * steps]) AS cost_of_input,
    usd(
        b.cache_read_tokens * m.prices[step + steps]) AS cost_of_cache_read,
    usd(
        written_5m * m.prices[step + 2 * steps]
        + b.cache_write_1h_tokens * m.prices[step + 3 * steps]
        ) AS cost_of_cache_write,
    usd(
        text_out * m.prices[step + 5 * steps]
        + audio_out * m.prices[step + 6 * steps]
        + reasoned * m.prices[step + 7 * steps]) AS cost_of_output,
    usd(
        answered * m.prices[step + 9 * steps]
        + b.web_searches * m.prices[step + 8 * steps]
        + charge_of_units(ifNull(m.unit_price, 0), ifNull(m.unit_minimum_cost, 0))) AS cost_of_other,
    if(cost_unknown, NULL,
       cost_of_input + cost_of_cache_read + cost_of_cache_write + cost_of_output + cost_of_other) AS cost,

    -- The same at the prices of the contract that applies, where one does.
    step_of(c.window_starts, c.tier_starts) AS contract_step,
    intDiv(length(c.prices), 10) AS contract_steps,
    ifNull(c.price_id, '') = ''
        OR ifNull(if(b.vendor_unit = '', c.token_priced = 0, c.unit_known = 0), 1) AS no_contract,
    if(no_contract OR usage_unknown, NULL,
        usd(text_in * c.prices[contract_step]
            + audio_in * c.prices[contract_step + 4 * contract_steps])
        + usd(b.cache_read_tokens * c.prices[contract_step + contract_steps])
        + usd(written_5m * c.prices[contract_step + 2 * contract_steps]
            + b.cache_write_1h_tokens * c.prices[contract_step + 3 * contract_steps])
        + usd(text_out * c.prices[contract_step + 5 * contract_steps]
            + audio_out * c.prices[contract_step + 6 * contract_steps]
            + reasoned * c.prices[contract_step + 7 * contract_steps])
        + usd(answered * c.prices[contract_step + 9 * contract_steps]
            + b.web_searches * c.prices[contract_step + 8 * contract_steps]
            + charge_of_units(ifNull(c.unit_price, 0), ifNull(c.unit_minimum_cost, 0)))) AS cost_by_contract,

    -- Energy: what was measured and allotted to the call, else what its model is reckoned to draw. Where the user gave
    -- the data centre's overhead, it replaces the one that the coefficients contain.
    h.wh IS NOT NULL AS is_measured,
    b.usage_source = 'missing' OR m.energy_id IS NULL AS energy_unknown,
    toUInt64(greatest(0, toInt64(b.input_tokens) - toInt64(b.cache_read_tokens))) AS uncached_read,
    if(b.duration_ms > 0, b.duration_ms / 1000, inf) AS lasted_s,
    greatest(0, m.seconds_per_output_token_low * b.output_tokens + m.seconds_per_request - lasted_s) AS cut_s_low,
    greatest(0, m.seconds_per_output_token_high * b.output_tokens + m.seconds_per_request - lasted_s) AS cut_s_high,
    coalesce(h.pue, p.pue, {default_pue:Float64}) AS host_pue,
    multiIf(
        is_measured, h.wh * host_pue,
        energy_unknown, NULL,
        (m.wh_per_output_token * b.output_tokens + m.wh_per_input_token * uncached_read
         + m.wh_per_cache_read_token * b.cache_read_tokens + m.wh_per_request
         - (m.wh_per_second_low * cut_s_low + m.wh_per_second_high * cut_s_high) / 2)
        * ifNull(p.pue / m.pue, 1)) AS wh,
    (m.wh_per_output_token_low * b.output_tokens + m.wh_per_input_token_low * uncached_read
     + m.wh_per_cache_read_token_low * b.cache_read_tokens + m.wh_per_request_low
     - m.wh_per_second_low * cut_s_low)
    * ifNull(p.pue_low / m.pue_low, 1) AS modelled_wh_low,
    (m.wh_per_output_token_high * b.output_tokens + m.wh_per_input_token_high * uncached_read
     + m.wh_per_cache_read_token_high * b.cache_read_tokens + m.wh_per_request_high
     - m.wh_per_second_high * cut_s_high)
    * ifNull(p.pue_high / m.pue_high, 1) AS modelled_wh_high,
    multiIf(
        is_measured, h.wh_low * host_pue,
        energy_unknown, NULL,
        least(modelled_wh_low,
              (m.other_wh_per_output_token_low * b.output_tokens + m.other_wh_per_input_token_low * uncached_read
               + m.other_wh_per_cache_read_token_low * b.cache_read_tokens + m.other_wh_per_request_low)
              * ifNull(p.pue_low / m.other_pue_low, 1))) AS wh_low,
    multiIf(
        is_measured, h.wh_high * host_pue,
        energy_unknown, NULL,
        greatest(modelled_wh_high,
                 (m.other_wh_per_output_token_high * b.output_tokens + m.other_wh_per_input_token_high * uncached_read
                  + m.other_wh_per_cache_read_token_high * b.cache_read_tokens + m.other_wh_per_request_high)
                 * ifNull(p.pue_high / m.other_pue_high, 1))) AS wh_high,
    ifNull(p.l_per_kwh_low, m.l_per_kwh_low) + p.grid_l_per_kwh AS l_per_kwh_low,
    ifNull(p.l_per_kwh, m.l_per_kwh) + p.grid_l_per_kwh AS l_per_kwh,
    ifNull(p.l_per_kwh_high, m.l_per_kwh_high) + p.grid_l_per_kwh AS l_per_kwh_high,

    -- Whose call it was: a rule that goes first, the span, other reports of the call, the other rules.
    multiIf(
        v.rule_goes_first = 1 AND v.rule_tenant_id != '', 'rule',
        v.tenant_id != '', 'report',
        b.tenant_id = '(unattributed)' AND v.rule_tenant_id != '', 'rule',
        'span') AS said_by,
    multiIf(said_by = 'rule', v.rule_tenant_id, said_by = 'report', v.tenant_id, b.tenant_id) AS tenant,
    multiIf(said_by = 'rule', v.rule_source, said_by = 'report', v.tenant_source, b.tenant_source) AS tenant_found_in
SELECT
    b.trace_id, b.span_id, b.ts, b.duration_ms, b.service_name, b.environment,
    tenant, tenant_found_in,
    if(v.user_id != '', v.user_id, b.user_id), if(v.session_id != '', v.session_id, b.session_id),
    if(v.feature != '', v.feature, b.feature), b.workflow, b.run_id, b.cost_center, b.dialect,
    b.provider, b.request_model, b.response_model, b.operation, b.streaming, b.ttft_ms,
    b.status, b.error_type, b.finish_reason, b.response_id, b.service_tier, b.cloud_region,
    b.input_tokens, b.cache_read_tokens, b.cache_write_tokens, b.cache_write_1h_tokens, b.output_tokens,
    b.reasoning_tokens, b.usage_source,
    multiIf(m.free = 1, 'free', unpriced AND no_contract, 'unpriced', 'priced') AS price_status,
    ifNull(m.price_id, '') AS price_id,
    if(ifNull(m.price_id, '') = '', NULL, m.valid_from) AS price_valid_from,
    if(no_contract, '', c.price_id) AS contract_price_id,
    cost AS list_cost,
    if(no_contract, cost, cost_by_contract) AS contracted_cost,
    if(cost_unknown, NULL, cost_of_input) AS input_cost,
    if(cost_unknown, NULL, cost_of_cache_read) AS cache_read_cost,
    if(cost_unknown, NULL, cost_of_cache_write) AS cache_write_cost,
    if(cost_unknown, NULL, cost_of_output) AS output_cost,
    if(cost_unknown, NULL, cost_of_other) AS other_cost,
    wh AS energy_wh,
    wh_low AS energy_wh_low,
    wh_high AS energy_wh_high,
    multiIf(
        is_measured, 'measured', wh IS NULL, 'unknown', m.energy_method IN ('proxy'), 'proxy', 'modelled'
    ) AS energy_method,
    if(is_measured, concat('measured/', h.host_name), ifNull(m.energy_id, '')) AS energy_id,
    ifNull(p.zone, '') AS zone,
    p.g_per_kwh AS intensity_g_per_kwh,
    ifNull(p.source, '') AS intensity_source,
    ifNull(p.resolution, 'unknown') AS intensity_resolution,
    wh / 1000 * p.g_per_kwh AS co2e_g,
    wh_low / 1000 * p.g_per_kwh AS co2e_g_low,
    wh_high / 1000 * p.g_per_kwh AS co2e_g_high,
    wh / 1000 * p.market_g_per_kwh AS co2e_market_g,
    if(energy_unknown, NULL,
       -- Nobody's embodied emissions are nil: of an entry that has none they are unknown.
       nullIf(m.embodied_g_per_output_token, 0) * b.output_tokens + m.embodied_g_per_request
       - (m.embodied_g_per_second_low * cut_s_low + m.embodied_g_per_second_high * cut_s_high) / 2) AS embodied_g,
    multiIf(
        is_measured OR NOT m.central_is_mean, wh * l_per_kwh,
        energy_unknown, NULL,
        (modelled_wh_low * l_per_kwh_low + modelled_wh_high * l_per_kwh_high) / 2) AS water_ml,
    b.usage_note, b.input_audio_tokens, b.output_audio_tokens, b.web_searches, b.vendor_unit, b.vendor_quantity, b.speed,
    b.provider_account, b.host_name, b.scope_name,
    if(wh IS NULL, NULL, if(is_measured, host_pue, ifNull(p.pue, m.pue))) AS pue,
    if(wh > 0, water_ml / wh, NULL) AS water_l_per_kwh,
    p.market_g_per_kwh AS market_g_per_kwh,
    ifNull(p.market_source, '') AS market_source,
    ifNull(v.counted, 1) AS counted,
    ifNull(v.counted_reason, '') AS counted_reason,
    {version:UInt64} AS version,
    now64(6, 'UTC') AS enriched_at
FROM batch AS b
LEFT JOIN verdicts AS v
    ON v.span = cityHash64(b.trace_id, b.span_id)
ASOF LEFT JOIN models AS m
    ON m.price_key = key_of_price(
        b.provider, b.request_model, b.response_model, b.service_tier, b.speed, b.vendor_unit)
    AND m.valid_from <= b.ts
ASOF LEFT JOIN contracts AS c
    ON c.contract_key = key_of_contract(
        key_of_price(b.provider, b.request_model, b.response_model, b.service_tier, b.speed, b.vendor_unit),
        contract_region(b.cloud_region), contract_tenant(tenant), contract_account(b.provider_account),
        contract_environment(b.environment))
    AND c.valid_from <= b.ts
LEFT JOIN places AS p
    ON p.place_key = key_of_place(b.provider, b.cloud_region, b.ts)
LEFT JOIN
(
    -- What the host's samples say of the calls of this batch; the latest sharing out of each host's hour holds.
    SELECT
        cityHash64(allocation.trace_id, allocation.span_id) AS span,
        any(allocation.host_name) AS host_name,
        sum(allocation.wh) AS wh,
        sum(allocation.wh_low) AS wh_low,
        sum(allocation.wh_high) AS wh_high,
        any(host.pue) AS pue
    FROM
    (
        SELECT host_name, hour, trace_id, span_id, wh, wh_low, wh_high, version
        FROM energy_allocation FINAL
        WHERE span_id != ''
            AND hour >= toStartOfHour((SELECT (min(ts), max(ts)) FROM batch).1)
            AND ts >= (SELECT (min(ts), max(ts)) FROM batch).1
            AND ts <= (SELECT (min(ts), max(ts)) FROM batch).2
    ) AS allocation
    INNER JOIN
    (
        SELECT host_name, hour, max(version) AS version
        FROM energy_allocation
        WHERE span_id = ''
        GROUP BY host_name, hour
    ) AS latest
        ON latest.host_name = allocation.host_name AND latest.hour = allocation.hour
        AND latest.version = allocation.version
    LEFT JOIN (SELECT host_name, pue FROM energy_host FINAL) AS host
        ON host.host_name = allocation.host_name
    GROUP BY span
) AS h
    ON h.span = cityHash64(b.trace_id, b.span_id)

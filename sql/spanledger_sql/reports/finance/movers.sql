-- Why a period's calls cost more or less than the period before: an exact bridge, before + volume + mix + tokens + tier +
-- cache + price = after, in every row. What has no known cost is in neither.
--
-- One driver after the other is put from its former to its new value: how many calls there are; which models make them; how
-- many tokens (searches, units) a call has, by direction; in which tier they are; which of the input is cached; what one
-- costs. A driver of what there was not before has its new value from the start. Quantities are costed in sum: what is rounded call
-- by call, where a price has more than 12 digits, goes with calls; what is charged for beside tokens is told by its cost, of which
-- the prices of all such units at that entry make the amount.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   before_from, before_to DateTime64(9, 'UTC'): the period that it is compared with, half-open
--   by Array(String): any of tenant, cost_center, feature, provider, model; the others are folded into ''; and (whole): the first
--     row is of all the others
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   rows UInt64: how many rows at most, beside that of all
-- Columns:
--   tenant, cost_center, feature, provider, model: '' where not asked for
--   calls_before, calls_after: with a known cost
--   before: contracted cost of the period before, USD
--   volume: more or fewer calls, USD
--   mix: other models, USD
--   tokens: more or fewer tokens, searches or units a call, USD
--   tier: batch, priority and other tiers, USD
--   cache: more or less of the input read from or written to the cache, or of other kinds of tokens, USD
--   price: other prices, USD
--   after: contracted cost of the period, USD
--   difference: after - before, USD
--   all_rows: how many rows there are without the bound, beside that of all
WITH
    -- What was used of each, by all that prices depend on.
    used AS
    (
        SELECT
            [if(has({by:Array(String)}, 'tenant') AND parted, tenant_id, ''),
             if(has({by:Array(String)}, 'cost_center') AND parted, cost_center, ''),
             if(has({by:Array(String)}, 'feature') AND parted, feature, ''),
             if(has({by:Array(String)}, 'provider') AND parted, provider, ''),
             if(has({by:Array(String)}, 'model') AND parted, model, ''),
             if(parted, '', 'whole')] AS keys,
            concat(provider, '/', model) AS model_key,
            service_tier AS tier,
            is_after,
            priced_by, priced_by_since, price_step, vendor_unit, first_meter,
            sum(c.known_calls) AS known_calls,
            sum(c.least_calls) AS least_calls,
            sum(c.contracted_cost) AS contracted_cost,
            sum(c.text_input) AS text_input,
            sum(c.audio_input) AS audio_input,
            sum(c.image_input) AS image_input,
            sum(c.video_input) AS video_input,
            sum(c.cached_text) AS cached_text,
            sum(c.cached_audio) AS cached_audio,
            sum(c.cached_image) AS cached_image,
            sum(c.written_for_5m) AS written_for_5m,
            sum(c.text_output) AS text_output,
            sum(c.audio_output) AS audio_output,
            sum(c.image_output) AS image_output,
            sum(c.reasoned) AS reasoned,
            sum(c.answers) AS answers,
            sum(c.web_searches) AS web_searches,
            sum(c.cache_write_1h_tokens) AS cache_write_1h_tokens,
            sum(c.vendor_quantity) AS vendor_quantity
        FROM
        (
            -- Who asks for calls of the period means those of the period before, too: both begin with it here.
            SELECT
                * EXCEPT (ts),
                both_periods.ts >= {from:DateTime64(9, 'UTC')} AND both_periods.ts < {to:DateTime64(9, 'UTC')} AS is_after,
                {from:DateTime64(9, 'UTC')} AS ts
            FROM
            (
                {{priced_use_of}}
            ) AS both_periods
            WHERE contracted_cost IS NOT NULL
        ) AS c
        -- Who asks for the whole besides pays for one plan.
        ARRAY JOIN if(has({by:Array(String)}, '(whole)'), [0, 1], [1]) AS parted
        WHERE {{asked_for}}
        GROUP BY ALL
    ),
    -- What each was charged for, as `metered_charge` has it of a call. What is rounded, and least charges, go with calls.
    used_classes AS
    (
        WITH
            entry.steps[u.price_step + 1] AS price
        SELECT
            keys, model_key, tier, is_after, known_calls, least_calls, contracted_cost, first_meter,
            toFloat64(arraySum(entry.unit_prices)) AS fees,
            CAST(u.vendor_unit, 'String') AS vendor_unit,
            -- Of each meter its unit, how much was used, and what one costs: four lists, put together once.
            arrayFilter(class -> class.3 != 0 AND (class.1 != 'request' OR class.4 != 0), arrayZip(
                ['input', 'input_audio', 'input_image', 'input_video',
                 'cache_read', 'cache_read_audio', 'cache_read_image', 'cache_write', 'cache_write_1h',
                 'output', 'output_image', 'output_audio', 'reasoning',
                 'request', 'search', CAST(u.vendor_unit, 'String')],
                arrayConcat(arrayWithConstant(13, 'Tokens'), ['Requests', 'Searches', CAST(u.vendor_unit, 'String')]),
                arrayPushBack(
                    arrayMap(used -> toDecimal128(used, 6), [
                        u.text_input, u.audio_input, u.image_input, u.video_input,
                        u.cached_text, u.cached_audio, u.cached_image, u.written_for_5m, u.cache_write_1h_tokens,
                        u.text_output, u.image_output, u.audio_output, u.reasoned,
                        u.answers, u.web_searches]),
                    toDecimal128(u.vendor_quantity, 6)),
                [price.input, price.input_audio, price.input_image, price.input_video,
                 price.cache_read, price.cache_read_audio, price.cache_read_image, price.cache_write, price.cache_write_1h,
                 price.output, price.output_image, price.output_audio, price.reasoning,
                 price.request, price.search, entry.unit_prices[indexOf(entry.units, u.vendor_unit)]])) AS classes
        FROM used AS u
        LEFT JOIN ({{priced_entry_of}}) AS entry
            ON entry.price_id = u.priced_by AND entry.known_from = u.priced_by_since
    ),
    charged AS
    (
        WITH
            (amount -> toDecimal128(amount + if(amount < 0, -1, 1) * toDecimal256('0.0000000000005', 22), 12)) AS usd,
            if(empty(u.classes) AND first_meter = '',
               [('request', 'Requests', toDecimal128(least_calls, 6), toDecimal128(0, 22))], u.classes) AS told
        SELECT
            keys, model_key, tier, is_after, known_calls, fees, vendor_unit,
            -- The meter with which the calls are counted.
            multiIf(
                first_meter IN ('', 'search', 'unit', 'other') AND arrayExists(class -> class.1 = 'request', told), 'request',
                first_meter = 'unit', vendor_unit,
                CAST(first_meter, 'String')) AS counted_by,
            arrayMap(
                class -> (class.1, class.2, toFloat64(class.3), usd(toDecimal256(class.3, 6) * toDecimal256(class.4, 22))),
                told) AS charges,
            contracted_cost - arraySum(charge -> charge.4, charges) AS rest
        FROM used_classes AS u
    ),
    cells AS
    (
        SELECT
            keys,
            model_key,
            charge.1 AS meter,
            multiIf(meter LIKE 'input%' OR meter LIKE 'cache%', 'input', meter LIKE 'output%' OR meter = 'reasoning', 'output', charge.2)
                AS direction,
            tier,
            sumIf(charge.3, NOT is_after) AS q0,
            sumIf(charge.3, is_after) AS q1,
            ifNull(sumIf(charge.4, NOT is_after), toDecimal128(0, 12)) AS c0,
            ifNull(sumIf(charge.4, is_after), toDecimal128(0, 12)) AS c1,
            sumIf(toFloat64(known_calls), meter = counted_by AND NOT is_after) AS calls0,
            sumIf(toFloat64(known_calls), meter = counted_by AND is_after) AS calls1
        FROM charged
        ARRAY JOIN arrayConcat(charges, multiIf(
            rest = 0, [],
            fees > 0 AND vendor_unit = '' AND abs(rest) > known_calls * 1e-10, [('other', 'Fees', toFloat64(rest) / fees, rest)],
            [('rounding', '', toFloat64(known_calls), rest)])) AS charge
        GROUP BY ALL
    ),
    shares AS
    (
        WITH
            -- A share of nothing is what it is in the other period.
            (part0, whole0, part1, whole1) -> (
                multiIf(whole0 != 0, part0 / whole0, whole1 != 0, part1 / whole1, 0),
                multiIf(whole1 != 0, part1 / whole1, whole0 != 0, part0 / whole0, 0)) AS share
        SELECT
            *,
            sum(calls0) OVER (PARTITION BY keys) AS n0,
            sum(calls1) OVER (PARTITION BY keys) AS n1,
            sum(calls0) OVER (PARTITION BY keys, model_key) AS of_model0,
            sum(calls1) OVER (PARTITION BY keys, model_key) AS of_model1,
            sum(q0) OVER (PARTITION BY keys, model_key, direction) AS of_direction0,
            sum(q1) OVER (PARTITION BY keys, model_key, direction) AS of_direction1,
            sum(q0) OVER (PARTITION BY keys, model_key, direction, tier) AS of_tier0,
            sum(q1) OVER (PARTITION BY keys, model_key, direction, tier) AS of_tier1,
            share(of_model0, n0, of_model1, n1) AS s,
            share(of_direction0, of_model0, of_direction1, of_model1) AS u,
            share(of_tier0, of_direction0, of_tier1, of_direction1) AS w,
            share(q0, of_tier0, q1, of_tier1) AS x,
            share(toFloat64(c0), q0, toFloat64(c1), q1) AS p
        FROM cells
    ),
    steps AS
    (
        WITH
            -- Rounded: a sum of floats, which is cut off, is another at each adding up.
            (amount -> toDecimal128(amount + if(amount < 0, -5e-13, 5e-13), 12)) AS usd
        SELECT
            keys,
            max(n0) AS calls_before,
            max(n1) AS calls_after,
            sum(c0) AS before,
            sum(c1) AS after,
            usd(sum(n1 * s.1 * u.1 * w.1 * x.1 * p.1)) AS with_volume,
            usd(sum(n1 * s.2 * u.1 * w.1 * x.1 * p.1)) AS with_mix,
            usd(sum(n1 * s.2 * u.2 * w.1 * x.1 * p.1)) AS with_tokens,
            usd(sum(n1 * s.2 * u.2 * w.2 * x.1 * p.1)) AS with_tier,
            usd(sum(n1 * s.2 * u.2 * w.2 * x.2 * p.1)) AS with_cache
        FROM shares
        GROUP BY keys
    )
SELECT
    keys[1] AS tenant,
    keys[2] AS cost_center,
    keys[3] AS feature,
    keys[4] AS provider,
    keys[5] AS model,
    toUInt64(calls_before) AS calls_before,
    toUInt64(calls_after) AS calls_after,
    before,
    with_volume - before AS volume,
    with_mix - with_volume AS mix,
    with_tokens - with_mix AS tokens,
    with_tier - with_tokens AS tier,
    with_cache - with_tier AS cache,
    after - with_cache AS price,
    after,
    after - before AS difference,
    countIf(keys[6] = '') OVER () AS all_rows
FROM steps
ORDER BY keys[6] = '', abs(difference) DESC, tenant, cost_center, feature, provider, model
LIMIT {rows:UInt64} + has({by:Array(String)}, '(whole)')

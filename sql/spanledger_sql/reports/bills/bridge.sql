-- From what was metered to what a provider billed, by cause: metered + the causes = billed, exactly, in every row.
--
-- The metered cost is the contracted one of the books' period, without calls that a commitment pays; the billed one that of
-- the bill's period, whose days are its zone's. Of each account, model, meter, tier and day, the difference is
--   tiers: what the bill counts in another tier, at that tier's price;
--   (billed quantity - metered quantity) x metered price: missing_usage, unbilled_usage or token_drift;
--   the rest: rounding, where it is less than the bill's last digit can tell, else price_differences.
-- A bill without days, tiers, meters, models or accounts is compared without them.
--
-- Parameters:
--   provider String: who charges
--   names Array(String): what calls name the provider
--   from, to DateTime64(9, 'UTC'): the books' period, half-open
--   begins, ends DateTime64(9, 'UTC'): the bill's period, half-open
--   first, last Date: its days
--   zone String: of its days
--   drift Float64: the share of a quantity up to which a difference is one of counting, where nothing tells how many calls
--     the provider counted
--   by Array(String): any of account, model, meter, tier, day; the others are folded into ''
-- Columns:
--   account, model, meter, tier: '' where not asked for, or not told
--   day: in the bill's zone; '' where not asked for
--   metered: by the books, USD
--   zone_edges: calls that are in the bill's period and not in the books', less those that are the other way round, USD
--   duplicates: lines that the bill has twice, less calls that the ledger has twice, USD
--   unmetered_accounts: charges of accounts that no call is of, USD
--   missing_usage: billed, and not metered, USD
--   unbilled_usage: metered, and not billed; negative, USD
--   unbilled_days: metered on days that no bill covers; negative, USD
--   token_drift: the same calls, counted otherwise, USD
--   tiers: billed in another tier than metered, USD
--   price_differences: billed at another price, USD
--   unknown_lines: not understood, USD
--   other_charges: storage, capacity, fees and adjustments, which are no calls, USD
--   tax, credits: USD
--   rounding: USD
--   billed: by the bill, USD
--   difference: billed - metered, USD
--   covered: of the billed use, what is metered, USD
--   coverable: the billed use, unknown lines included, USD
--   coverage: covered / coverable; NULL where nothing was billed
--   lines: of the bill
--   unpriced_calls: metered ones without a price, whose cost is not in `metered`
WITH
    {{model_key_of}},
    token_classes AS (SELECT ['input', 'cache_read', 'cache_write', 'output', 'all'] AS names),
    charges AS
    (
        SELECT *
        FROM billed_charge
        WHERE provider = {provider:String} AND day BETWEEN {first:Date} AND {last:Date}
    ),
    -- What the bill does not tell apart.
    (
        SELECT tuple(
            countIf(amount IS NOT NULL AND ends > begins + INTERVAL 25 HOUR) > 0,
            countIf(amount IS NOT NULL AND tier = '') > 0,
            groupUniqArrayIf(model_key, amount IS NOT NULL AND class = 'all'),
            countIf(amount IS NOT NULL AND account = '' AND sub_account = '') > 0)
        FROM charges
        WHERE class IN (SELECT arrayJoin(names) FROM token_classes)
    ) AS grain,
    model_key -> if(has(grain.3, ''), '', model_key) AS model_told,
    (class, model_key) -> if(class IN ('input', 'cache_read', 'cache_write', 'output')
                             AND (has(grain.3, '') OR has(grain.3, model_key)), 'all', class) AS class_told,
    tier -> if(grain.2, '', tier) AS tier_told,
    day -> if(grain.1, {first:Date}, day) AS day_told,

    -- Calls that the ledger has twice: one answer, one model, the same tokens.
    repeated AS
    (
        SELECT
            cityHash64(response_id, model, input_tokens, output_tokens) AS answer,
            min((ts, span_id)) AS first_of_it
        FROM calls
        WHERE has({names:Array(String)}, provider) AND response_id != ''
            AND ts >= least({from:DateTime64(9, 'UTC')}, {begins:DateTime64(9, 'UTC')})
            AND ts < greatest({to:DateTime64(9, 'UTC')}, {ends:DateTime64(9, 'UTC')})
        GROUP BY answer
        HAVING count() > 1
    ),
    used AS
    (
        SELECT
            if(grain.4, '', call.provider_account) AS account,
            call.model AS model,
            if(lower(call.service_tier) IN ('', 'default', 'standard', 'auto', 'on_demand', 'on-demand', 'none', 'null',
                                            'unspecified'), 'standard', lower(call.service_tier)) AS service_tier,
            call.contract_price_id AS contract_price_id,
            toDate(toTimeZone(call.ts, {zone:String})) AS local_day,
            call.ts >= {from:DateTime64(9, 'UTC')} AND call.ts < {to:DateTime64(9, 'UTC')} AS in_books,
            call.ts >= {begins:DateTime64(9, 'UTC')} AND call.ts < {ends:DateTime64(9, 'UTC')} AS in_bill,
            call.response_id != '' AND repeated.first_of_it IS NOT NULL
                AND repeated.first_of_it != (call.ts, call.span_id) AS again,
            count() AS calls,
            countIf(call.contracted_cost IS NULL) AS unpriced,
            sum(toInt64(call.input_tokens) - least(toInt64(call.input_tokens),
                toInt64(call.cache_read_tokens) + toInt64(greatest(call.cache_write_tokens, call.cache_write_1h_tokens))))
                AS uncached,
            sum(call.cache_read_tokens) AS cache_read,
            sum(greatest(call.cache_write_tokens, call.cache_write_1h_tokens)) AS cache_write,
            sum(call.output_tokens) AS output,
            sum(call.web_searches) AS searches,
            sum(toDecimal128(ifNull(call.contracted_cost, 0), 12)) AS cost,
            [sum(toDecimal256(ifNull(call.input_cost, 0), 12)), sum(toDecimal256(ifNull(call.cache_read_cost, 0), 12)),
             sum(toDecimal256(ifNull(call.cache_write_cost, 0), 12)), sum(toDecimal256(ifNull(call.output_cost, 0), 12)),
             sumIf(toDecimal256(ifNull(call.other_cost, 0), 12), call.web_searches > 0),
             sumIf(toDecimal256(ifNull(call.other_cost, 0), 12), call.web_searches = 0)] AS list_costs
        FROM calls AS call
        LEFT JOIN repeated
            ON repeated.answer = cityHash64(call.response_id, call.model, call.input_tokens, call.output_tokens)
        WHERE has({names:Array(String)}, call.provider)
            AND call.ts >= least({from:DateTime64(9, 'UTC')}, {begins:DateTime64(9, 'UTC')})
            AND call.ts < greatest({to:DateTime64(9, 'UTC')}, {ends:DateTime64(9, 'UTC')})
            AND (call.trace_id, call.span_id) NOT IN
            (
                SELECT trace_id, span_id
                FROM covered_call
                WHERE covers_usage AND in_term AND NOT names_nothing
                    AND ts >= least({from:DateTime64(9, 'UTC')}, {begins:DateTime64(9, 'UTC')})
                    AND ts < greatest({to:DateTime64(9, 'UTC')}, {ends:DateTime64(9, 'UTC')})
            )
        GROUP BY ALL
    ),
    -- By meter. What a contract charges the ledger has as one sum: it goes to the meters as the contract's base prices weigh
    -- them, and what is left of it to the heaviest.
    metered AS
    (
        SELECT
            use.account AS account,
            use.in_books AS in_books,
            use.in_bill AS in_bill,
            use.again AS again,
            meters.1 AS of_class,
            if(of_class IN ('search', 'unit'), '', model_told(model_key_of(use.model))) AS model_key,
            if(of_class IN ('search', 'unit'), '', use.model) AS model,
            if(of_class IN ('search', 'unit'), '', tier_told(use.service_tier)) AS tier,
            if(of_class IN ('search', 'unit'), of_class, class_told(of_class, model_key_of(use.model))) AS class,
            if(use.in_bill, day_told(use.local_day), use.local_day) AS day,
            meters.2 AS quantity,
            meters.3 AS cost,
            if(of_class = 'requests', use.unpriced, 0) AS unpriced
        FROM
        (
            WITH
                [toDecimal256(uncached, 0) * ifNull(price.input_price, 0),
                 toDecimal256(cache_read, 0) * ifNull(price.cache_read_price, 0),
                 toDecimal256(cache_write, 0) * ifNull(price.cache_write_price, 0),
                 toDecimal256(output, 0) * ifNull(price.output_price, 0),
                 toDecimal256(searches, 0) * ifNull(price.search_price, 0),
                 toDecimal256(0, 22)] AS at_contract,
                arrayMap(one -> toDecimal256(one, 22), list_costs) AS at_list,
                arrayReduce('sum', at_contract) AS sum_at_contract,
                arrayReduce('sum', at_list) AS sum_at_list,
                multiIf(arrayReduce('sum', list_costs) = cost, at_list, sum_at_contract > 0, at_contract, at_list) AS weights,
                arrayReduce('sum', weights) AS weight,
                arrayMap(one -> if(weight = 0, toDecimal128(0, 12),
                    toDecimal128(toDecimal256(cost, 12) * one / if(weight = 0, toDecimal256(1, 22), weight), 12)), weights)
                    AS rounded,
                indexOf(weights, arrayReduce('max', weights)) AS heaviest,
                arrayMap((one, place) -> one + if(place = heaviest, cost - arrayReduce('sum', rounded), toDecimal128(0, 12)),
                         rounded, arrayEnumerate(rounded)) AS costs
            SELECT
                used.*,
                [('input', toDecimal128(uncached, 12), costs[1]), ('cache_read', toDecimal128(cache_read, 12), costs[2]),
                 ('cache_write', toDecimal128(cache_write, 12), costs[3]), ('output', toDecimal128(output, 12), costs[4]),
                 ('search', toDecimal128(searches, 12), costs[5]), ('unit', toDecimal128(0, 12), costs[6]),
                 ('requests', toDecimal128(calls, 12), toDecimal128(0, 12))] AS by_meter
            FROM used
            LEFT JOIN (SELECT * FROM price_list FINAL) AS price
                ON price.price_id = used.contract_price_id AND used.contract_price_id != ''
        ) AS use
        ARRAY JOIN by_meter AS meters
        WHERE meters.2 != 0 OR meters.3 != 0 OR meters.1 = 'requests'
    ),
    (SELECT groupUniqArray(account) FROM metered WHERE in_bill AND NOT again) AS metered_accounts,

    -- A charge goes to the account that calls name: the project's, else the billing account's, else that of calls which
    -- name none.
    billed AS
    (
        SELECT
            * EXCEPT (account, model_key, class, tier, day),
            multiIf(
                grain.4, '',
                charges.sub_account != '' AND has(metered_accounts, charges.sub_account), charges.sub_account,
                charges.account != '' AND has(metered_accounts, charges.account), charges.account,
                has(metered_accounts, ''), '',
                charges.sub_account != '', charges.sub_account, charges.account) AS account,
            NOT has(metered_accounts, account) AS unmetered,
            if(class IN ('search', 'unit'), '', model_told(charges.model_key)) AS model_key,
            class_told(charges.class, charges.model_key) AS class,
            if(class IN ('search', 'unit', ''), '', tier_told(charges.tier)) AS tier,
            if(cause = '', day_told(charges.day), charges.day) AS day,
            charges.amount IS NOT NULL AS is_charge,
            if(charges.unit = 'Tokens' OR class IN ('search', 'requests'), charges.quantity, NULL) AS counted_quantity
        FROM charges
    ),
    cells AS
    (
        SELECT
            ifNull(bill.account, ours.account) AS account,
            ifNull(bill.model_key, ours.model_key) AS model_key,
            if(ifNull(ours.model, '') != '', ours.model, ifNull(bill.model, '')) AS model,
            ifNull(bill.class, ours.class) AS class,
            ifNull(bill.tier, ours.tier) AS tier,
            ifNull(bill.day, ours.day) AS day,
            ifNull(bill.unmetered, 0) AS unmetered,
            ifNull(bill.charge_lines, 0) AS charge_lines,
            ifNull(bill.usd, toDecimal128(0, 12)) AS billed_cost,
            if(charge_lines = 0 AND class != 'requests', toDecimal128(0, 12), bill.quantity) AS billed_quantity,
            ifNull(bill.half_steps, 0) AS half_steps,
            ifNull(ours.cost, toDecimal128(0, 12)) AS metered_cost,
            ifNull(ours.quantity, toDecimal128(0, 12)) AS metered_quantity
        FROM
        (
            SELECT
                account, model_key, class, tier, day,
                any(model) AS model,
                max(unmetered) AS unmetered,
                countIf(is_charge) AS charge_lines,
                sumIf(usd, is_charge) AS usd,
                multiIf(
                    countIf(is_charge AND counted_quantity IS NOT NULL) > 0, sumIf(counted_quantity, is_charge),
                    countIf(NOT is_charge AND counted_quantity IS NOT NULL) > 0, sumIf(counted_quantity, NOT is_charge),
                    NULL) AS quantity,
                sumIf(half_step, is_charge) AS half_steps
            FROM billed
            WHERE cause = '' AND NOT again
            GROUP BY account, model_key, class, tier, day
        ) AS bill
        FULL JOIN
        (
            SELECT account, model_key, class, tier, day, any(model) AS model, sum(cost) AS cost, sum(quantity) AS quantity
            FROM metered
            WHERE in_bill AND NOT again
            GROUP BY account, model_key, class, tier, day
        ) AS ours
            ON ours.account = bill.account AND ours.model_key = bill.model_key AND ours.class = bill.class
            AND ours.tier = bill.tier AND ours.day = bill.day
    ),
    -- How much of each quantity's difference is one of tiers, and what a unit of it is worth.
    compared AS
    (
        SELECT
            *,
            billed_quantity IS NOT NULL AND class != 'unit' AS quantity_told,
            if(quantity_told, toDecimal256(ifNull(billed_quantity, 0) - metered_quantity, 12), toDecimal256(0, 12)) AS excess,
            sum(greatest(excess, toDecimal256(0, 12))) OVER of_day AS more,
            sum(greatest(-excess, toDecimal256(0, 12))) OVER of_day AS less,
            least(more, less) AS moved_in_all,
            toDecimal256(multiIf(
                excess = 0 OR moved_in_all = 0, toDecimal256(0, 24),
                excess > 0, excess * moved_in_all / more,
                excess * moved_in_all / less), 12) AS moved,
            excess - moved AS rest,
            sum(toDecimal256(metered_cost, 12)) OVER of_month AS month_cost,
            sum(toDecimal256(metered_quantity, 12)) OVER of_month AS month_quantity,
            multiIf(
                metered_quantity != 0, (toDecimal256(metered_cost, 12), toDecimal256(metered_quantity, 12)),
                month_quantity != 0, (month_cost, month_quantity),
                ifNull(billed_quantity, 0) != 0,
                (toDecimal256(billed_cost, 12), toDecimal256(ifNull(billed_quantity, 0), 12)),
                (toDecimal256(0, 12), toDecimal256(1, 12))) AS price,
            toDecimal128(moved * price.1 / price.2, 12) AS of_tier,
            toDecimal128(rest * price.1 / price.2, 12) AS of_quantity,
            billed_cost - metered_cost - of_tier - of_quantity AS of_price,
            sumIf(metered_quantity, class = 'requests') OVER of_calls AS metered_calls,
            sumIf(billed_quantity, class = 'requests') OVER of_calls AS billed_calls
        FROM cells
        WINDOW
            of_day AS (PARTITION BY account, model_key, class, day),
            of_month AS (PARTITION BY model_key, class, tier),
            of_calls AS (PARTITION BY account, model_key, tier, day)
    ),
    (
        SELECT groupArray((first_day, last_day))
        FROM bill FINAL
        WHERE NOT deleted AND charges > 0 AND has(providers, {provider:String})
    ) AS billed_days,
    explained AS
    (
        SELECT
            *,
            multiIf(
                rest > 0 AND metered_quantity = 0, 'missing_usage',
                rest > 0 AND ifNull(billed_calls, 0) > 0,
                if(billed_calls > metered_calls, 'missing_usage', 'token_drift'),
                rest > 0, if(toFloat64(rest) <= {drift:Float64} * toFloat64(billed_quantity), 'token_drift', 'missing_usage'),
                charge_lines = 0 AND NOT grain.1 AND NOT arrayExists(days -> day BETWEEN days.1 AND days.2, billed_days),
                'unbilled_days',
                charge_lines = 0, 'unbilled_usage',
                ifNull(billed_calls, 0) > 0, if(billed_calls < metered_calls, 'unbilled_usage', 'token_drift'),
                toFloat64(-rest) <= {drift:Float64} * toFloat64(metered_quantity), 'token_drift',
                'unbilled_usage') AS quantity_cause,
            multiIf(
                abs(of_price) <= half_steps + toDecimal128('0.000001', 12) AND charge_lines > 0, 'rounding',
                charge_lines = 0, if(quantity_cause IN ('unbilled_days', 'unbilled_usage'), quantity_cause, 'unbilled_usage'),
                quantity_told, 'price_differences',
                of_price > 0, 'missing_usage',
                'unbilled_usage') AS price_cause,
            multiIf(
                charge_lines = 0 OR unmetered, toDecimal128(0, 12),
                ifNull(billed_quantity, 0) > 0 AND quantity_told,
                toDecimal128(toDecimal256(billed_cost, 12) * least(toDecimal256(metered_quantity, 12),
                    toDecimal256(ifNull(billed_quantity, 0), 12)) / toDecimal256(ifNull(billed_quantity, 1), 12), 12),
                greatest(toDecimal128(0, 12), least(billed_cost, metered_cost))) AS covered
        FROM compared
        WHERE class != 'requests'
    ),
    terms AS
    (
        SELECT account, model_key, model, class AS meter, tier, day, 'metered' AS cause, cost AS amount,
            toDecimal128(0, 12) AS of_covered, toDecimal128(0, 12) AS of_coverable, 0 AS of_lines, unpriced AS of_unpriced
        FROM metered
        WHERE in_books
        UNION ALL
        SELECT account, model_key, model, class, tier, day, 'zone_edges', if(in_bill, cost, -cost), 0, 0, 0, 0
        FROM metered
        WHERE in_books != in_bill
        UNION ALL
        SELECT account, model_key, model, class, tier, day, 'duplicates', -cost, 0, 0, 0, 0
        FROM metered
        WHERE in_bill AND again
        UNION ALL
        SELECT account, model_key, model, class, tier, day, part.1, part.2,
            if(part.3, covered, toDecimal128(0, 12)), if(part.3, billed_cost, toDecimal128(0, 12)), 0, 0
        FROM explained
        ARRAY JOIN if(unmetered,
            [('unmetered_accounts', billed_cost, 1)],
            [('tiers', of_tier, 1), (quantity_cause, of_quantity, 0), (price_cause, of_price, 0)]) AS part
        UNION ALL
        SELECT account, model_key, model, if(cause = '', class, meter), tier, day,
            if(cause = '', 'duplicates', cause), usd, 0,
            if(cause = 'unknown_lines' OR meter IN ('storage', 'capacity'), usd, toDecimal128(0, 12)), 0, 0
        FROM billed
        WHERE is_charge AND (cause != '' OR again)
        UNION ALL
        SELECT account, model_key, model, if(cause = '', class, meter), tier, day, 'billed', usd, 0, 0, 1, 0
        FROM billed
        WHERE is_charge
    )
SELECT
    if(has({by:Array(String)}, 'account'), terms.account, '') AS account,
    ifNull(anyIf(terms.model, has({by:Array(String)}, 'model') AND terms.model != ''), '') AS model,
    if(has({by:Array(String)}, 'meter'), terms.meter, '') AS meter,
    if(has({by:Array(String)}, 'tier'), terms.tier, '') AS tier,
    if(has({by:Array(String)}, 'day'), toString(terms.day), '') AS day,
    sumIf(usd, cause = 'metered') AS metered,
    sumIf(usd, cause = 'zone_edges') AS zone_edges,
    sumIf(usd, cause = 'duplicates') AS duplicates,
    sumIf(usd, cause = 'unmetered_accounts') AS unmetered_accounts,
    sumIf(usd, cause = 'missing_usage') AS missing_usage,
    sumIf(usd, cause = 'unbilled_usage') AS unbilled_usage,
    sumIf(usd, cause = 'unbilled_days') AS unbilled_days,
    sumIf(usd, cause = 'token_drift') AS token_drift,
    sumIf(usd, cause = 'tiers') AS tiers,
    sumIf(usd, cause = 'price_differences') AS price_differences,
    sumIf(usd, cause = 'unknown_lines') AS unknown_lines,
    sumIf(usd, cause = 'other_charges') AS other_charges,
    sumIf(usd, cause = 'tax') AS tax,
    sumIf(usd, cause = 'credits') AS credits,
    sumIf(usd, cause = 'rounding') AS rounding,
    sumIf(usd, cause = 'billed') AS billed,
    billed - metered AS difference,
    sum(ifNull(of_covered, toDecimal128(0, 12))) AS covered,
    sum(ifNull(of_coverable, toDecimal128(0, 12))) AS coverable,
    if(coverable > 0, toFloat64(covered) / toFloat64(coverable), NULL) AS coverage,
    sum(of_lines) AS lines,
    sum(of_unpriced) AS unpriced_calls
FROM (SELECT *, ifNull(amount, toDecimal128(0, 12)) AS usd FROM terms) AS terms
GROUP BY account, if(has({by:Array(String)}, 'model'), terms.model_key, ''), meter, tier, day
ORDER BY day, billed DESC, account, model, meter, tier

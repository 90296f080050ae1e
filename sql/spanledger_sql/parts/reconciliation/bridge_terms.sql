-- The terms of the bridge from what was metered to what was billed, by account, model, meter, tier and day: metered + the causes =
-- billed, exactly. CTEs of a reconciliation, the last of them `terms`; needs `billed_lines` and the part metered_use before it.
--
-- Of each account, model, meter, tier and day, the difference is
--   tiers: what the bill counts in another tier, at that tier's price;
--   (billed quantity - metered quantity) x metered price: missing_usage, unbilled_usage, unbilled_days or token_drift;
--   the rest: rounding, where it is less than the bill's last digit can tell, else price_differences.
-- Capacity that the bill charges is first the commitments' that name the provider, which tenants are charged already.
-- A bill without days, tiers, meters, models or accounts is compared without them.
-- What the bill does not tell apart.
(
    SELECT tuple(
        countIf(amount IS NOT NULL AND ends > begins + INTERVAL 25 HOUR) > 0,
        countIf(amount IS NOT NULL AND tier = '') > 0,
        groupUniqArrayIf(model_key, amount IS NOT NULL AND class = 'all'),
        countIf(amount IS NOT NULL AND account = '' AND sub_account = '') > 0)
    FROM billed_lines
    WHERE class IN ('input', 'cache_read', 'cache_write', 'output', 'all')
) AS grain,
model_key -> if(has(grain.3, ''), '', model_key) AS model_told,
(class, model_key) -> if(class IN ('input', 'cache_read', 'cache_write', 'output')
                         AND (has(grain.3, '') OR has(grain.3, model_key)), 'all', class) AS class_told,
tier -> if(grain.2, '', tier) AS tier_told,
day -> if(grain.1, {first:Date}, day) AS day_told,
metered AS MATERIALIZED
(
    SELECT
        * EXCEPT (account, model_key, class, tier, day),
        if(grain.4, '', used.account) AS account,
        model_told(used.model_key) AS model_key,
        class_told(used.class, used.model_key) AS class,
        if(class IN ('search', 'unit'), '', tier_told(used.tier)) AS tier,
        if(used.in_bill, day_told(used.day), used.day) AS day
    FROM used
),
(SELECT groupUniqArray(account) FROM metered WHERE in_bill AND NOT again) AS metered_accounts,

-- A charge goes to the account that calls name: the project's, else the billing account's, else that of calls which
-- name none.
billed AS MATERIALIZED
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
    FROM billed_lines AS charges
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
-- Capacity by line, and which part of it the commitments of the provider are: cumulated, so that the parts sum to them.
(
    SELECT toDecimal256(ifNull(sum(amount), 0), 12)
    FROM allocated_cost
    WHERE hour >= {from:DateTime64(9, 'UTC')} AND hour < {to:DateTime64(9, 'UTC')}
        AND commitment_id IN (
            SELECT commitment_id
            FROM (SELECT commitment_id, arrayJoin(providers) AS name FROM commitment FINAL) AS one
            INNER JOIN provider AS seller
                ON seller.name = one.name
            WHERE if(seller.catalogue = '', seller.name, seller.catalogue) = {provider:String})
) AS committed,
capacity AS
(
    SELECT
        *,
        sum(toDecimal256(usd, 12)) OVER () AS all_usd,
        sum(toDecimal256(usd, 12)) OVER (ORDER BY bill_id, line, part ROWS UNBOUNDED PRECEDING) AS until_here,
        toDecimal128(committed * until_here / all_usd, 12)
            - toDecimal128(committed * (until_here - toDecimal256(usd, 12)) / all_usd, 12) AS of_commitments
    FROM billed
    WHERE is_charge AND NOT again AND meter = 'capacity' AND usd > 0 AND committed > 0
),
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
terms AS MATERIALIZED
(
    SELECT
        account, model_key, model, meter, tier, day, cause,
        ifNull(part.amount, toDecimal128(0, 12)) AS amount,
        ifNull(part.of_covered, toDecimal128(0, 12)) AS covered,
        ifNull(part.of_coverable, toDecimal128(0, 12)) AS coverable,
        part.of_lines AS lines,
        part.of_unpriced AS unpriced_calls
    FROM
    (
        SELECT account, model_key, model, class AS meter, tier, day, part.1 AS cause, part.2 AS amount,
            toDecimal128(0, 12) AS of_covered, toDecimal128(0, 12) AS of_coverable, 0 AS of_lines, part.3 AS of_unpriced
        FROM metered
        ARRAY JOIN arrayFilter(one -> one.4, [
            ('metered', cost, unpriced, in_books),
            ('zone_edges', if(in_bill, cost, -cost), 0, in_books != in_bill),
            ('duplicates', -cost, 0, in_bill AND again)]) AS part
        UNION ALL
        SELECT account, model_key, model, class, tier, day, part.1, part.2,
            if(part.3, covered, toDecimal128(0, 12)), if(part.3, billed_cost, toDecimal128(0, 12)), 0, 0
        FROM explained
        ARRAY JOIN if(unmetered,
            [('unmetered_accounts', billed_cost, 1)],
            [('tiers', of_tier, 1), (quantity_cause, of_quantity, 0), (price_cause, of_price, 0)]) AS part
        UNION ALL
        SELECT account, model_key, model, if(cause = '', class, meter), tier, day, part.1, usd, 0, part.2, part.3, 0
        FROM billed
        ARRAY JOIN arrayFilter(one -> one.4, [
            ('billed', toDecimal128(0, 12), 1, 1),
            (
                if(cause = '', 'duplicates', cause),
                if(cause = 'unknown_lines' OR meter IN ('storage', 'capacity'), ifNull(usd, 0), toDecimal128(0, 12)),
                0,
                (cause != '' OR again) AND NOT (NOT again AND meter = 'capacity' AND usd > 0 AND committed > 0))]) AS part
        WHERE is_charge
        UNION ALL
        SELECT account, model_key, model, meter, tier, day, piece.1, piece.2,
            if(piece.3, least(of_commitments, usd), toDecimal128(0, 12)), if(piece.3, usd, toDecimal128(0, 12)), 0, 0
        FROM capacity
        ARRAY JOIN [
            ('commitments', of_commitments, 1),
            (if(usd < of_commitments, 'price_differences', 'other_charges'), usd - of_commitments, 0)] AS piece
    ) AS part
    WHERE part.amount != 0 OR part.of_covered != 0 OR part.of_coverable != 0 OR part.of_lines != 0 OR part.of_unpriced != 0
)

-- Who was metered and who billed in a period, provider by provider, before any reconciliation: what is metered without a bill,
-- and billed without a call.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period of the books, half-open
--   first, last Date: its days, in the zone of the bills
--   moment DateTime64(6, 'UTC'): calls as the ledger was then
-- Columns:
--   provider: by the name that price books have
--   calls: counted ones, without those that a commitment pays
--   metered: contracted cost of these, USD, sum of what is known; NULL: that of none is
--   unknown_cost_calls: of them, without a known cost
--   bills: how many have charges in the period
--   billed_days: of how many days
--   days: of the period
--   billed: what they come to, USD, sum of what has a rate; NULL: there is no bill
--   unknown_lines: lines that are not understood
--   difference: billed - metered, USD; NULL: there is no bill, or metered is unknown
WITH
    metered AS
    (
        SELECT
            if(ifNull(seller.catalogue, '') = '', of.provider, seller.catalogue) AS provider,
            toUInt64(sum(of.calls)) AS calls,
            if(sum(of.unknown) > 0 AND sum(of.calls) <= sum(of.unknown), NULL, sum(of.cost)) AS cost,
            toUInt64(sum(of.unknown)) AS unknown
        FROM
        (
            SELECT
                CAST(c.provider, 'String') AS provider,
                toInt64(sum(c.known_calls)) AS calls,
                sum(toDecimal128(ifNull(c.contracted_cost, 0), 12)) AS cost,
                toInt64(sumIf(c.least_calls, c.contracted_cost IS NULL)) AS unknown
            FROM call_hours(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')},
                moment = {moment:DateTime64(6, 'UTC')}, told = CAST([], 'Array(String)'), grain = 'period', timezone = 'UTC') AS c
            WHERE c.ts >= {from:DateTime64(9, 'UTC')} AND c.ts < {to:DateTime64(9, 'UTC')}
            GROUP BY provider
            -- <commitments>
            UNION ALL
            SELECT
                CAST(c.provider, 'String') AS provider,
                -toInt64(sum(c.known_calls)),
                -sum(toDecimal128(ifNull(c.contracted_cost, 0), 12)),
                -toInt64(sumIf(c.least_calls, c.contracted_cost IS NULL))
            FROM calls_at(moment = {moment:DateTime64(6, 'UTC')}) AS c
            INNER JOIN paid_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}) AS paid
                ON paid.trace_id = c.trace_id AND paid.span_id = c.span_id
            WHERE (SELECT count() FROM commitment) > 0
                AND c.ts >= {from:DateTime64(9, 'UTC')} AND c.ts < {to:DateTime64(9, 'UTC')}
            GROUP BY provider
            -- </commitments>
        ) AS of
        LEFT JOIN provider AS seller
            ON seller.name = of.provider
        GROUP BY provider
    ),
    billed AS
    (
        SELECT
            CAST(line.provider, 'String') AS provider,
            uniqExact(line.bill_id) AS bills,
            uniqExact(line.day) AS days,
            sum(line.usd) AS usd,
            countIf(line.unknown != '') AS unknown_lines
        FROM billed_charge AS line
        WHERE line.amount IS NOT NULL AND line.day BETWEEN {first:Date} AND {last:Date}
        GROUP BY provider
    )
SELECT
    if(metered.provider IS NULL, billed.provider, metered.provider) AS provider,
    ifNull(metered.calls, 0) AS calls,
    if(metered.provider IS NULL, toDecimal128(0, 12), metered.cost) AS metered,
    ifNull(metered.unknown, 0) AS unknown_cost_calls,
    ifNull(billed.bills, 0) AS bills,
    ifNull(billed.days, 0) AS billed_days,
    toUInt64(dateDiff('day', {first:Date}, {last:Date}) + 1) AS days,
    billed.usd AS billed,
    ifNull(billed.unknown_lines, 0) AS unknown_lines,
    billed.usd - if(metered.provider IS NULL, toDecimal128(0, 12), metered.cost) AS difference
FROM metered
FULL JOIN billed
    ON billed.provider = metered.provider
ORDER BY
    greatest(ifNull(metered, toDecimal128(0, 12)), ifNull(billed, toDecimal128(0, 12))) DESC,
    provider

-- What price plans take off months, and add to them, as a whole, where that is other than what is posted: the free allowance and
-- what is lacking to the minimum. After `1_entries`, of all parties; writes `book_entry`.
-- Parameters:
--   posting String: whose the rows are
--   first, until String: the books' first month, and the last to post
--   sealed String: the last closed month; '' where none is
--   open String: the month that adjustments to closed ones are booked in
INSERT INTO book_entry
WITH
    known AS
    (
        SELECT party, service_month, kind, price, input_tokens + output_tokens AS tokens, stands
        FROM book_entry
        WHERE (posting = {posting:String} OR posting IN (SELECT posting FROM book_event))
            AND service_month >= {first:String} AND service_month <= {until:String}
    ),
    summed AS
    (
        SELECT
            party,
            service_month,
            sumIf(k.price, kind NOT IN ('allowance', 'minimum')) AS priced,
            sumIf(k.price, kind IN ('usage', 'covered usage')) AS priced_use,
            toUInt64(greatest(0, sumIf(k.tokens, kind IN ('usage', 'covered usage')))) AS tokens,
            sumIf(k.price, kind = 'allowance') AS allowed,
            sumIf(k.stands, kind = 'allowance') AS allowance_stands,
            sumIf(k.price, kind = 'minimum') AS lacked,
            sumIf(k.stands, kind = 'minimum') AS minimum_stands
        FROM
        (
            SELECT * FROM known
            UNION ALL
            -- A plan has its minimum in months without use, too.
            SELECT of.party, formatDateTime(plan.month, '%Y-%m') AS service_month, '', toDecimal128(0, 12), toInt64(0), toInt8(0)
            FROM plan_month AS plan
            INNER JOIN book_party AS of
                ON of.tenant_id = plan.tenant_id
            WHERE service_month >= {first:String} AND service_month <= {until:String}
        ) AS k
        GROUP BY party, service_month
    ),
    planned AS
    (
        SELECT
            s.*,
            of.tenant_id AS whose,
            toDate(concat(s.service_month, '-01')) AS of_month,
            {{plan_tenant}} AS plan_tenant
        FROM summed AS s
        INNER JOIN book_party AS of
            ON of.party = s.party
    ),
    due AS
    (
        SELECT
            p.*,
            ifNull(plan.plan_id, '') AS plan_id,
            {{month_terms}}
        FROM planned AS p
        LEFT JOIN plan_month AS plan
            ON plan.tenant_id = p.plan_tenant AND plan.month = p.of_month
    )
SELECT
    {posting:String} AS posting,
    if(d.service_month <= {sealed:String}, {open:String}, d.service_month) AS month,
    d.service_month,
    'plan' AS reason,
    term.1 AS kind,
    d.party,
    '' AS cost_center, '' AS feature, '' AS provider, '' AS model,
    concat(term.1, '/', d.service_month) AS key,
    toDateTime64(d.of_month, 9, 'UTC') AS ts,
    (term.2 != 0) - toInt8(term.4) AS stands,
    0 AS calls, 0 AS input_tokens, 0 AS cache_read_tokens, 0 AS output_tokens,
    toDecimal128(0, 12) AS list_cost,
    toDecimal128(0, 12) AS cost,
    term.2 - term.3 AS price,
    toDecimal128(0, 12) AS energy_wh, toDecimal128(0, 12) AS co2e_g, toDecimal128(0, 12) AS co2e_g_least,
    toDecimal128(0, 12) AS co2e_g_most, toDecimal128(0, 12) AS co2e_market_g, toDecimal128(0, 12) AS embodied_g,
    0 AS unpriced_calls, 0 AS unknown_energy_calls,
    d.plan_id AS evidence
FROM due AS d
ARRAY JOIN [
    ('allowance', d.allowance_due, d.allowed, d.allowance_stands),
    ('minimum', d.minimum_due, d.lacked, d.minimum_stands)] AS term
WHERE term.2 != term.3

-- What tenants pay by their price plans, month by month: what it costs, what it comes to by markup and rate card, what is free, and
-- what is lacking to the minimum. Before rounding, which is the statement's.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   timezone String: of the months
--   tenants Array(String): only theirs; none: everybody's
-- Columns:
--   tenant: who pays
--   month: such as `2024-10`
--   plan: the plan's name; '' where there is none, and the tenant pays what it costs
--   is_whole: 1: the period has the whole month; else nothing is taken off or added
--   pays: 0: the tenant is only shown what it would pay
--   tokens: input + output
--   effective_cost: what it costs, USD
--   price: by markup and rate card, USD
--   allowance: what of it is free, less than 0, USD
--   minimum: what is lacking to the least, USD
--   charged_cost: price + allowance + minimum, USD
--   currency: of the statement
--   exchange_rate: USD that one unit of it is worth
WITH
    summed AS
    (
        SELECT
            c.tenant_id AS whose,
            c.month AS of_month,
            sum(c.tokens) AS tokens,
            sum(c.cost) AS effective,
            sum(c.price) AS priced,
            sumIf(c.price, c.kind = 'call') AS priced_use
        FROM
        (
            -- Whose month has no plan pays what it costs; what has one is priced, and rounded, call by call.
            SELECT whose AS tenant_id, of_month AS month, kind, use.tokens AS tokens, use.cost AS cost, use.cost AS price
            FROM
            (
                SELECT
                    'call' AS kind,
                    if(c.tenant_id = '', '(unattributed)', CAST(c.tenant_id, 'String')) AS whose,
                    toStartOfMonth(toDate(toTimeZone(c.ts, {timezone:String}))) AS of_month,
                    c.input_tokens + c.output_tokens AS tokens,
                    toDecimal128(ifNull(c.contracted_cost, 0), 12) AS cost
                FROM call_hours(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')},
                    moment = toDateTime64('2200-01-01', 6, 'UTC'), grain = 'month', timezone = {timezone:String}, told = []) AS c
                WHERE c.ts >= {from:DateTime64(9, 'UTC')} AND c.ts < {to:DateTime64(9, 'UTC')}
                -- <commitments>
                UNION ALL
                -- What a commitment pays costs its parts; where nothing is committed no call is read for it.
                SELECT
                    'call',
                    if(c.tenant_id = '', '(unattributed)', CAST(c.tenant_id, 'String')),
                    toStartOfMonth(toDate(toTimeZone(c.ts, {timezone:String}))),
                    0,
                    -toDecimal128(ifNull(c.contracted_cost, 0), 12)
                FROM calls AS c
                INNER JOIN paid_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}) AS paid
                    ON paid.trace_id = c.trace_id AND paid.span_id = c.span_id
                WHERE (SELECT count() FROM commitment) > 0
                    AND c.ts >= {from:DateTime64(9, 'UTC')} AND c.ts < {to:DateTime64(9, 'UTC')}
                -- </commitments>
                -- <beside>
                UNION ALL
                -- What is prepaid costs where it is used.
                SELECT
                    part.kind,
                    part.tenant_id,
                    toStartOfMonth(toDate(toTimeZone(part.booked_at, {timezone:String}))),
                    0,
                    if(part.is_prepaid, toDecimal128(0, 12), part.amount)
                FROM beside_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}) AS part
                -- </beside>
            ) AS use
            -- <plans>
            WHERE ({{plan_tenant}}, of_month) NOT IN (SELECT tenant_id, month FROM plan_month)
            UNION ALL
            SELECT tenant_id, month, kind, tokens, cost, price
            FROM tenant_charge(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}, timezone = {timezone:String})
            WHERE (SELECT count() FROM plan_month) > 0 AND (plan_tenant, month) IN (SELECT tenant_id, month FROM plan_month)
            UNION ALL
            -- A plan has its minimum in months without use, too.
            SELECT tenant_id, month, '', toUInt64(0), toDecimal128(0, 12), toDecimal128(0, 12)
            FROM plan_month
            WHERE tenant_id != '*'
                AND toDateTime(month, {timezone:String}) >= {from:DateTime64(9, 'UTC')}
                AND toDateTime(month, {timezone:String}) < {to:DateTime64(9, 'UTC')}
            -- </plans>
        ) AS c
        WHERE empty({tenants:Array(String)}) OR has({tenants:Array(String)}, c.tenant_id)
        GROUP BY whose, of_month
    ),
    planned AS
    (
        SELECT
            *,
            {{plan_tenant}} AS plan_tenant,
            toDateTime(of_month, {timezone:String}) >= {from:DateTime64(9, 'UTC')}
                AND toDateTime(addMonths(of_month, 1), {timezone:String}) <= {to:DateTime64(9, 'UTC')} AS whole
        FROM summed
    ),
    due AS
    (
        SELECT
            p.whose AS whose, p.of_month AS of_month, p.whole AS whole, p.tokens AS tokens, p.effective AS effective,
            p.priced AS priced, p.priced_use AS priced_use,
            ifNull(plan.plan_id, '') AS plan_id, ifNull(plan.pays, 1) AS plan_pays, ifNull(plan.currency, 'USD') AS plan_currency,
            ifNull(plan.usd_each, toDecimal128(1, 22)) AS plan_rate,
            {{month_terms}}
        FROM planned AS p
        LEFT JOIN plan_month AS plan
            ON plan.tenant_id = p.plan_tenant AND plan.month = p.of_month
    )
SELECT
    whose AS tenant,
    formatDateTime(of_month, '%Y-%m') AS month,
    plan_id AS plan,
    toUInt8(whole) AS is_whole,
    toUInt8(plan_pays) AS pays,
    tokens,
    effective AS effective_cost,
    priced AS price,
    if(whole, allowance_due, toDecimal128(0, 12)) AS allowance,
    if(whole, minimum_due, toDecimal128(0, 12)) AS minimum,
    price + allowance + minimum AS charged_cost,
    plan_currency AS currency,
    plan_rate AS exchange_rate
FROM due
ORDER BY month, tenant

-- What was paid for and brought little: failed calls that cost, answers that were cut off or that nobody waited for, calls made again
-- of the same session, model and prompt length within a minute of a failure, discounts of the prompt cache that were missed,
-- commitments that nobody used, prepaid credits that expired. A call is in the first that fits.
--
-- A discount is missed where a call's prompt is no shorter than that of the call before it, of the same session, else run, tenant and
-- model and at most five minutes older, and less of it was read from the cache than that one has, which must be 1,024 tokens at
-- least. It takes for granted that both begin alike. It is what those tokens would have cost less from the cache, without what
-- writing them would have cost more.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   by Array(String): any of tenant, feature, provider, model; the others are folded into ''
-- Columns:
--   waste: `failed`, `cut off`, `abandoned`, `tried again`, `missed cache`, `idle commitment` or `expired credits`
--   tenant, feature, provider, model: '' where not asked for, or not told
--   calls: how many; 0 of commitments and credits
--   cost: effective cost of them, USD: at contract prices, else the parts of the commitments that pay them; of a missed discount what it
--     would have been; else the idle part
--   unknown_cost_calls: of them, without a known cost
--   share: of the whole effective cost of the period by the same dimensions, 0 to 1; NULL where that is nothing
WITH
    classed AS MATERIALIZED
    (
        {{wasted_call_of}}
    ),
    -- <commitments>
    paid AS MATERIALIZED
    (
        SELECT trace_id, span_id
        FROM paid_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')})
        -- Where nothing is committed no call is read for it.
        WHERE (SELECT count() FROM commitment) > 0
    ),
    -- </commitments>
    told AS
    (
        SELECT
            '' AS waste, c.tenant_id AS tenant_id, c.feature AS feature, c.provider AS provider, c.model AS model, 0 AS calls,
            toDecimal128(ifNull(c.contracted_cost, 0), 12) AS cost, 0 AS unknown_cost_calls, toUInt8(1) AS is_whole
        FROM call_hours({{what_is_of_the_period}}) AS c
        WHERE c.ts >= {from:DateTime64(9, 'UTC')} AND c.ts < {to:DateTime64(9, 'UTC')}
        UNION ALL
        -- What is materialized is planned anew for each time that it is named.
        SELECT
            c.waste, c.tenant_id, c.feature, c.provider, c.model, c.known_calls,
            ifNull(c.cost, toDecimal128(0, 12))
                -- <commitments>
                -- What a commitment pays costs its parts.
                * (paid.trace_id IS NULL)
                -- </commitments>
                AS cost,
            if(c.cost IS NULL, c.least_calls, 0), toUInt8(0)
        FROM classed AS c
        -- <commitments>
        LEFT JOIN paid ON paid.trace_id = c.trace_id AND paid.span_id = c.span_id
        -- What a commitment pays had no discount.
        WHERE c.waste != 'missed cache' OR paid.trace_id IS NULL
        UNION ALL
        SELECT '', c.tenant_id, c.feature, c.provider, c.model, 0, -toDecimal128(ifNull(c.contracted_cost, 0), 12), 0, toUInt8(1)
        FROM calls AS c
        INNER JOIN paid ON paid.trace_id = c.trace_id AND paid.span_id = c.span_id
        WHERE c.ts >= {from:DateTime64(9, 'UTC')} AND c.ts < {to:DateTime64(9, 'UTC')}
        -- </commitments>
        -- <beside>
        UNION ALL
        SELECT
            multiIf(part.charge_kind = 'expired', 'expired credits', part.idle = 1, 'idle commitment', ifNull(c.waste, '')),
            part.tenant_id, part.feature, part.provider, part.model, 0, part.amount, 0, toUInt8(1)
        FROM beside_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}) AS part
        LEFT JOIN
        (
            SELECT trace_id, span_id, waste
            FROM classed
            WHERE waste != 'missed cache' AND (SELECT count() FROM commitment) > 0
        ) AS c
            ON c.trace_id = part.trace_id AND c.span_id = part.span_id
        WHERE NOT part.is_prepaid
        -- </beside>
    ),
    summed AS
    (
        SELECT
            waste,
            if(has({by:Array(String)}, 'tenant'), t.tenant_id, '') AS tenant,
            if(has({by:Array(String)}, 'feature'), t.feature, '') AS of_feature,
            if(has({by:Array(String)}, 'provider'), t.provider, '') AS of_provider,
            if(has({by:Array(String)}, 'model'), t.model, '') AS of_model,
            sum(t.calls) AS calls, sum(t.cost) AS cost, sum(t.unknown_cost_calls) AS unknown_cost_calls,
            sum(sumIf(t.cost, t.is_whole = 1)) OVER (PARTITION BY tenant, of_feature, of_provider, of_model) AS whole
        FROM told AS t
        GROUP BY waste, tenant, of_feature, of_provider, of_model
    )
SELECT
    waste, tenant, of_feature AS feature, of_provider AS provider, of_model AS model, calls, cost, unknown_cost_calls,
    if(whole = 0, NULL, toFloat64(cost) / toFloat64(whole)) AS share
FROM summed
WHERE waste != ''
ORDER BY cost DESC, waste, tenant, feature, provider, model
SETTINGS enable_materialized_cte = 1

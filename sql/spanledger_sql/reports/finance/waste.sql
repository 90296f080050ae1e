-- What was paid for and brought little: failed calls that cost, answers that were cut off, calls made again of the same
-- session, model and prompt length within a minute of a failure, commitments that nobody used, prepaid credits that expired. A
-- call is in the first that fits.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   by Array(String): any of tenant, feature, provider, model; the others are folded into ''
-- Columns:
--   waste: `failed`, `cut off`, `tried again`, `idle commitment` or `expired credits`
--   tenant, feature, provider, model: '' where not asked for, or not told
--   calls: how many; 0 of commitments and credits
--   cost: contracted cost of them, or the idle part, USD
--   unknown_cost_calls: of them, without a known cost
--   share: of the whole cost of the period by the same dimensions, 0 to 1; NULL where that is nothing
WITH
    failed AS
    (
        SELECT cityHash64(session_id, run_id, provider, request_model, input_tokens) AS same, groupArray(ts) AS moments
        FROM calls
        WHERE status = 'error' AND session_id != ''
            AND ts >= {from:DateTime64(9, 'UTC')} - INTERVAL 1 MINUTE AND ts < {to:DateTime64(9, 'UTC')}
        GROUP BY same
    ),
    told AS
    (
        SELECT
            multiIf(
                c.status = 'error', 'failed',
                {{cut_off}}, 'cut off',
                arrayExists(moment -> moment <= c.ts AND moment > c.ts - INTERVAL 1 MINUTE, failed.moments), 'tried again',
                '') AS waste,
            if(has({by:Array(String)}, 'tenant'), c.tenant_id, '') AS tenant,
            if(has({by:Array(String)}, 'feature'), c.feature, '') AS feature,
            if(has({by:Array(String)}, 'provider'), c.provider, '') AS provider,
            if(has({by:Array(String)}, 'model'), c.model, '') AS model,
            sum(c.known_calls) AS calls,
            sum(toDecimal128(ifNull(c.contracted_cost, 0), 12)) AS cost,
            sumIf(c.least_calls, c.contracted_cost IS NULL) AS unknown_cost_calls
        FROM calls AS c
        LEFT JOIN failed
            ON failed.same = cityHash64(c.session_id, c.run_id, c.provider, c.request_model, c.input_tokens) AND c.session_id != ''
        WHERE c.ts >= {from:DateTime64(9, 'UTC')} AND c.ts < {to:DateTime64(9, 'UTC')}
        GROUP BY ALL
        UNION ALL
        SELECT
            multiIf(part.kind = 'charge', 'expired credits', part.idle = 1, 'idle commitment', ''), if(has({by:Array(String)}, 'tenant'), part.tenant_id, ''),
            if(has({by:Array(String)}, 'feature'), part.feature, ''), if(has({by:Array(String)}, 'provider'), part.provider, ''),
            if(has({by:Array(String)}, 'model'), part.model, ''), 0, sum(part.amount), 0
        FROM beside_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}) AS part
        WHERE part.kind = 'commitment' OR part.charge_kind = 'expired' AND part.is_prepaid = 0
        GROUP BY ALL
    ),
    summed AS
    (
        SELECT waste, tenant, feature, provider, model, sum(t.calls) AS calls, sum(t.cost) AS cost,
            sum(t.unknown_cost_calls) AS unknown_cost_calls,
            sum(cost) OVER (PARTITION BY tenant, feature, provider, model) AS whole
        FROM told AS t
        GROUP BY waste, tenant, feature, provider, model
    )
SELECT
    waste, tenant, feature, provider, model, calls, cost, unknown_cost_calls,
    if(whole = 0, NULL, toFloat64(cost) / toFloat64(whole)) AS share
FROM summed
WHERE waste != ''
ORDER BY cost DESC, waste, tenant, feature, provider, model

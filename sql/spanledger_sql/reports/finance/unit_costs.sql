-- What a call, a thousand tokens, a session, a run and a user cost, commitments and other charges included.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   by Array(String): any of tenant, cost_center, feature, workflow, provider, model; the others are folded into ''
-- Columns:
--   tenant, cost_center, feature, workflow, provider, model: '' where not asked for, or not told
--   calls: counted ones
--   unknown_cost_calls: of them, without a known cost
--   tokens: input + output
--   sessions, runs, users: how many are told apart; 0 where calls tell none
--   effective_cost: USD, sum of what is known
--   cost_per_call, cost_per_1k_tokens, cost_per_session, cost_per_run, cost_per_user: USD; NULL where there is none
WITH
    empty({by:Array(String)}) AS is_one_row,
    told AS
    (
        SELECT
            c.tenant_id AS tenant_id, c.cost_center AS cost_center, c.feature AS feature, c.workflow AS workflow,
            c.provider AS provider, c.model AS model, 0 AS sessions, 0 AS runs, 0 AS users,
            c.known_calls AS calls,
            if(c.contracted_cost IS NULL, c.least_calls, 0) AS unknown_cost_calls,
            c.input_tokens + c.output_tokens AS tokens,
            toDecimal128(ifNull(c.contracted_cost, 0), 12) AS cost
        FROM call_hours({{what_is_of_the_period}}) AS c
        WHERE c.ts >= {from:DateTime64(9, 'UTC')} AND c.ts < {to:DateTime64(9, 'UTC')}
        UNION ALL
        -- Whom calls name, counted once for what is told apart in the end. Sessions and runs are nearly all different: they are counted
        -- sooner when they are brought together first, unless all are in one row, which one processor would count alone. Users come
        -- again and again.
        SELECT
            if(has({by:Array(String)}, 'tenant'), n.tenant_id, '') AS tenant_id,
            if(has({by:Array(String)}, 'cost_center'), n.cost_center, '') AS cost_center,
            if(has({by:Array(String)}, 'feature'), n.feature, '') AS feature,
            if(has({by:Array(String)}, 'workflow'), n.workflow, '') AS workflow,
            if(has({by:Array(String)}, 'provider'), n.provider, '') AS provider,
            if(has({by:Array(String)}, 'model'), n.model, '') AS model,
            arrayUniq(groupArrayArray(if(is_one_row, [], n.sessions))) + uniqExactArray(if(is_one_row, n.sessions, [])),
            arrayUniq(groupArrayArray(if(is_one_row, [], n.runs))) + uniqExactArray(if(is_one_row, n.runs, [])),
            uniqExactArray(n.users),
            0, 0, 0, toDecimal128(0, 12)
        FROM
        (
            {{named_hours_of}}
        ) AS n
        GROUP BY tenant_id, cost_center, feature, workflow, provider, model
        -- <commitments>
        UNION ALL
        -- What a commitment pays costs its parts; where nothing is committed no call is read for it.
        SELECT c.tenant_id, c.cost_center, c.feature, c.workflow, c.provider, c.model, 0, 0, 0, 0, 0, 0,
            -toDecimal128(ifNull(c.contracted_cost, 0), 12)
        FROM calls AS c
        INNER JOIN paid_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}) AS paid
            ON paid.trace_id = c.trace_id AND paid.span_id = c.span_id
        WHERE (SELECT count() FROM commitment) > 0
            AND c.ts >= {from:DateTime64(9, 'UTC')} AND c.ts < {to:DateTime64(9, 'UTC')}
        -- </commitments>
        -- <beside>
        UNION ALL
        SELECT tenant_id, cost_center, feature, workflow, provider, model, 0, 0, 0, 0, 0, 0,
            if(is_prepaid, toDecimal128(0, 12), amount)
        FROM beside_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')})
        -- </beside>
    )
SELECT
    if(has({by:Array(String)}, 'tenant'), t.tenant_id, '') AS tenant,
    if(has({by:Array(String)}, 'cost_center'), t.cost_center, '') AS cost_center,
    if(has({by:Array(String)}, 'feature'), t.feature, '') AS feature,
    if(has({by:Array(String)}, 'workflow'), t.workflow, '') AS workflow,
    if(has({by:Array(String)}, 'provider'), t.provider, '') AS provider,
    if(has({by:Array(String)}, 'model'), t.model, '') AS model,
    sum(t.calls) AS calls,
    sum(t.unknown_cost_calls) AS unknown_cost_calls,
    sum(t.tokens) AS tokens,
    sum(t.sessions) AS sessions,
    sum(t.runs) AS runs,
    sum(t.users) AS users,
    ifNull(sum(t.cost), toDecimal128(0, 12)) AS effective_cost,
    toFloat64(effective_cost) / nullIf(calls, 0) AS cost_per_call,
    toFloat64(effective_cost) / nullIf(tokens, 0) * 1000 AS cost_per_1k_tokens,
    toFloat64(effective_cost) / nullIf(sessions, 0) AS cost_per_session,
    toFloat64(effective_cost) / nullIf(runs, 0) AS cost_per_run,
    toFloat64(effective_cost) / nullIf(users, 0) AS cost_per_user
FROM told AS t
GROUP BY tenant, cost_center, feature, workflow, provider, model
ORDER BY effective_cost DESC, tenant, cost_center, feature, workflow, provider, model

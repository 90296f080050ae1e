-- What coding agents used: by user, team, repository, agent or model.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   by Array(String): any of day, agent, tenant, team, user, repository, subagent, skill, session, model, signal; the others
--     are folded into ''
--   timezone String: of the days
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): as the ledger was then
-- Columns:
--   day, agent, tenant, team, user, repository, subagent, skill, session, model, signal: '' where not asked for
--   calls: as far as they are known
--   unknown_buckets: buckets of calls of which nobody says how many they were
--   input_tokens, cache_read_tokens, output_tokens: sums
--   cache_share: of the input, what was read from the cache, 0 to 1
--   list_cost, effective_cost: USD, sums of what is known; effective: what is allocated of the seats and other commitments that
--     pay for the calls, else at the contracts that apply
--   reported_cost: USD, sum of what agents say that it cost
--   reported_list_cost: USD, the list cost of the calls of which agents say so
--   co2e_kg: of the operation, location-based, kgCO2e
--   unpriced_calls: calls without a price, a bucket of unknown size taken for one
WITH
    paid AS
    (
        SELECT DISTINCT trace_id, span_id
        FROM covered_call
        WHERE covers_usage AND in_term AND NOT names_nothing
            AND ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
    ),
    allocated AS
    (
        SELECT trace_id, span_id, sum(amount) AS amount
        FROM allocated_cost
        WHERE span_id != '' AND (trace_id, span_id) IN (SELECT trace_id, span_id FROM paid)
        GROUP BY trace_id, span_id
    ),
    -- Calls at their contracted cost, alike ones summed; and of those that are paid for otherwise, what that changes.
    told AS
    (
        SELECT
            ts, agent, tenant_id, cost_center, environment, service_name, feature, workflow, dimensions, user_id, session_id,
            provider, model, zone, signal, known_calls, least_calls, calls, ledger_rows, input_tokens,
            cache_read_tokens, output_tokens, list_cost, reported_cost, co2e_g, price_status,
            contracted_cost AS effective_cost,
            if(contracted_cost IS NULL, 0, toInt64(ledger_rows)) AS known_costs
        FROM call_hours(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')},
            moment = {moment:DateTime64(6, 'UTC')},
            grain = if(has({by:Array(String)}, 'day'), 'day', 'period'), timezone = {timezone:String},
            told = arrayPushBack({by:Array(String)}, {own:String}))
        WHERE agent != ''
        UNION ALL
        SELECT
            ts, agent, tenant_id, cost_center, environment, service_name, feature, workflow, dimensions, user_id, session_id,
            provider, model, zone, signal, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, '',
            ifNull(allocated.amount, toDecimal128(0, 12)) - toDecimal128(ifNull(call.contracted_cost, 0), 12),
            toInt64(allocated.amount IS NOT NULL) - toInt64(call.contracted_cost IS NOT NULL)
        FROM calls_at(moment = {moment:DateTime64(6, 'UTC')}) AS call
        LEFT JOIN allocated ON allocated.trace_id = call.trace_id AND allocated.span_id = call.span_id
        WHERE agent != ''
            AND (call.trace_id, call.span_id) IN (SELECT trace_id, span_id FROM paid)
            AND call.ts >= {from:DateTime64(9, 'UTC')} AND call.ts < {to:DateTime64(9, 'UTC')}
    )
SELECT
    if(has({by:Array(String)}, 'day'), toString(toDate(toTimeZone(c.ts, {timezone:String}))), '') AS day,
    if(has({by:Array(String)}, 'agent'), c.agent, '') AS agent,
    if(has({by:Array(String)}, 'tenant'), c.tenant_id, '') AS tenant,
    if(has({by:Array(String)}, 'team'), c.dimensions['team'], '') AS team,
    if(has({by:Array(String)}, 'user'), c.user_id, '') AS user,
    if(has({by:Array(String)}, 'repository'), c.dimensions['repository'], '') AS repository,
    if(has({by:Array(String)}, 'subagent'), c.dimensions['subagent'], '') AS subagent,
    if(has({by:Array(String)}, 'skill'), c.dimensions['skill'], '') AS skill,
    if(has({by:Array(String)}, 'session'), c.session_id, '') AS session,
    if(has({by:Array(String)}, 'model'), c.model, '') AS model,
    if(has({by:Array(String)}, 'signal'), c.signal, '') AS signal,
    sum(c.known_calls) AS calls,
    sumIf(c.ledger_rows, c.calls IS NULL) AS unknown_buckets,
    sum(c.input_tokens) AS input_tokens,
    sum(c.cache_read_tokens) AS cache_read_tokens,
    sum(c.output_tokens) AS output_tokens,
    cache_read_tokens / nullIf(input_tokens, 0) AS cache_share,
    sum(toDecimal128(c.list_cost, 12)) AS list_cost,
    if(sum(c.known_costs) = 0, NULL, sum(c.effective_cost)) AS effective_cost,
    sum(c.reported_cost) AS reported_cost,
    sumIf(toDecimal128(c.list_cost, 12), c.reported_cost IS NOT NULL) AS reported_list_cost,
    sum(c.co2e_g) / 1000 AS co2e_kg,
    sumIf(c.least_calls, c.price_status = 'unpriced') AS unpriced_calls
FROM told AS c
WHERE {{asked_for}}
GROUP BY ALL
ORDER BY day, effective_cost DESC NULLS LAST, agent, user, model

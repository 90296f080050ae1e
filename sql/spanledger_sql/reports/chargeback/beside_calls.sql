-- What stands beside the calls of `chargeback/chargeback`, by the same dimensions: what of their cost a commitment pays, the
-- parts of commitments, and other charges. Contracted cost less what is covered, and these, is the effective cost.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   by Array(String): any of month, day, hour, tenant, cost_center, environment, service, feature, workflow, user,
--     session, run, provider, account, model, operation, service_tier, region, zone; the others are folded into ''
--   custom Array(String): names of dimensions of one's own, as `attribution(name=...)` says them
--   timezone String: of the times
--   tenants Array(String): only theirs; none: everybody's
--   where_names, where_values Array(String): only what is of calls whose dimensions of one's own have these values
-- Columns:
--   month, day, hour: of when the call, or what the charge is for, began, in the time zone; '' where not asked for
--   tenant, cost_center, environment, service, feature, workflow, user, session, run: '' where not asked for
--   provider, account, model, operation, service_tier, region, zone: likewise
--   custom: the values of the dimensions of one's own, in their order; '' where none is said
--   covered_cost: contracted cost of calls that a commitment pays, USD
--   commitment_cost: parts of commitments, for use and idle, USD
--   charge_cost: other charges: storage, seats, taxes, credits, what reconciliations add, USD
--   prepaid_cost: purchases of prepaid credits, which are billed and pay for calls, USD
SELECT
    {{charged_by}},
    ifNull(sum(c.covered), toDecimal128(0, 12)) AS covered_cost,
    ifNull(sumIf(c.amount, c.kind = 'commitment'), toDecimal128(0, 12)) AS commitment_cost,
    ifNull(sumIf(c.amount, c.kind NOT IN ('covered', 'commitment') AND NOT c.is_prepaid), toDecimal128(0, 12)) AS charge_cost,
    ifNull(sumIf(c.amount, c.is_prepaid = 1), toDecimal128(0, 12)) AS prepaid_cost
FROM
(
    SELECT
        kind, amount, is_prepaid, toDecimal128(0, 12) AS covered,
        booked_at AS ts, tenant_id, cost_center, environment, service_name, feature, workflow, user_id, session_id, run_id, provider, provider_account,
        model, operation, service_tier, cloud_region, zone, dimensions
    FROM beside_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')})
    -- <commitments>
    UNION ALL
    SELECT
        'covered', toDecimal128(0, 12), toUInt8(0), toDecimal128(ifNull(call.contracted_cost, 0), 12),
        ts, tenant_id, cost_center, environment, service_name, feature, workflow, user_id, session_id, run_id, provider, provider_account,
        model, operation, service_tier, cloud_region, zone, dimensions
    FROM calls AS call
    INNER JOIN paid_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}) AS paid
        ON paid.trace_id = call.trace_id AND paid.span_id = call.span_id
    WHERE (SELECT count() FROM commitment) > 0
        AND call.ts >= {from:DateTime64(9, 'UTC')} AND call.ts < {to:DateTime64(9, 'UTC')}
    -- </commitments>
) AS c
WHERE (empty({tenants:Array(String)}) OR has({tenants:Array(String)}, c.tenant_id))
    AND (empty({where_names:Array(String)})
         OR arrayAll((name, value) -> c.dimensions[name] = value,
                     {where_names:Array(String)}, {where_values:Array(String)}))
GROUP BY ALL

-- What tenants pay by their price plans for each call, and for what stands beside calls; without a plan what it costs. Of a
-- month's minimum and free allowance nothing.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): charges of that time, half-open
--   timezone String: of the months
-- Columns:
--   kind: `call`, or as in `beside_call`
--   month: first day of the month that it is in
--   plan_id, pays: of the plan; '' and 1 where there is none
--   plan_tenant: whose plan that is; `*`: everybody's; '' of what is nobody's
--   ts: of a call its start; else `booked_at` of `beside_call`
--   tenant_id, cost_center, environment, service_name, feature, workflow, user_id, session_id, run_id, provider, provider_account,
--     model, operation, service_tier, cloud_region, zone, dimensions: as in `calls`, and in `beside_call`
--   tokens: input + output; 0 of what is no call
--   cost: effective cost, USD; of what is not known nothing
--   price: what the tenant pays, USD; of what is not known nothing
-- Needs: calls, paid_call, beside_call, plan_month, carded_call, rate_card

CREATE OR REPLACE VIEW tenant_charge AS
WITH
    {{planned}}
SELECT
    'call' AS kind, call.of_month AS month, ifNull(plan.plan_id, '') AS plan_id, ifNull(plan.pays, 1) AS pays,
    call.plan_tenant AS plan_tenant,
    call.ts AS ts, call.whose AS tenant_id, CAST(call.cost_center, 'String') AS cost_center,
    CAST(call.environment, 'String') AS environment, CAST(call.service_name, 'String') AS service_name,
    CAST(call.feature, 'String') AS feature, CAST(call.workflow, 'String') AS workflow,
    call.user_id AS user_id, call.session_id AS session_id, call.run_id AS run_id, CAST(call.provider, 'String') AS provider,
    CAST(call.provider_account, 'String') AS provider_account, CAST(call.model, 'String') AS model,
    CAST(call.operation, 'String') AS operation, CAST(call.service_tier, 'String') AS service_tier,
    CAST(call.cloud_region, 'String') AS cloud_region, CAST(call.zone, 'String') AS zone, call.dimensions AS dimensions,
    call.input_tokens + call.output_tokens AS tokens,
    if(paid.trace_id IS NULL, toDecimal128(ifNull(call.contracted_cost, 0), 12), toDecimal128(0, 12)) AS cost,
    {{price_of_call}} AS price
FROM
(
    SELECT
        *,
        if(tenant_id = '', '(unattributed)', CAST(tenant_id, 'String')) AS whose,
        toStartOfMonth(toDate(toTimeZone(ts, {timezone:String}))) AS of_month,
        {{plan_tenant}} AS plan_tenant
    FROM calls
    WHERE ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
) AS call
LEFT JOIN paid_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}) AS paid
    ON paid.trace_id = call.trace_id AND paid.span_id = call.span_id
LEFT JOIN plan_month AS plan
    ON plan.tenant_id = call.plan_tenant AND plan.month = call.of_month
LEFT JOIN carded_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}, timezone = {timezone:String}) AS by_card
    ON by_card.trace_id = call.trace_id AND by_card.span_id = call.span_id
UNION ALL
SELECT
    part.kind, part.of_month, ifNull(plan.plan_id, ''), ifNull(plan.pays, 1), part.plan_tenant,
    part.booked_at, part.whose, part.cost_center, part.environment, part.service_name, part.feature, part.workflow, part.user_id,
    part.session_id, part.run_id, part.provider, part.provider_account, part.model, part.operation, part.service_tier,
    part.cloud_region, part.zone, part.dimensions, toUInt64(0), part.part_cost AS cost, {{price_of_part}}
FROM
(
    SELECT
        *,
        tenant_id AS whose,
        toStartOfMonth(toDate(toTimeZone(booked_at, {timezone:String}))) AS of_month,
        {{plan_tenant}} AS plan_tenant,
        -- What is prepaid costs where it is used.
        if(is_prepaid, toDecimal128(0, 12), amount) AS part_cost
    FROM beside_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')})
) AS part
LEFT JOIN plan_month AS plan
    ON plan.tenant_id = part.plan_tenant AND plan.month = part.of_month;

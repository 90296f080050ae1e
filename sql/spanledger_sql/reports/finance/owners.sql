-- What each owner answered for: tenants and cost centres with their cost, split to the moment where a tenant went to another owner.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   owner: who answered for the tenant when the call was made; '' where nobody is told
--   tenant: the tenant
--   cost_center: of the call, else the tenant's then
--   calls: counted ones
--   unknown_cost_calls: of them, without a known cost
--   effective_cost: USD, parts of commitments and other charges included; of what is not known nothing
WITH
    told AS
    (
        SELECT
            c.ts AS ts, CAST(c.tenant_id, 'String') AS tenant_id, CAST(c.cost_center, 'String') AS cost_center,
            c.known_calls AS calls,
            if(c.contracted_cost IS NULL, c.least_calls, 0) AS unknown_cost_calls,
            if(paid.trace_id IS NULL, toDecimal128(ifNull(c.contracted_cost, 0), 12), toDecimal128(0, 12)) AS cost
        FROM calls AS c
        LEFT JOIN paid_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}) AS paid
            ON paid.trace_id = c.trace_id AND paid.span_id = c.span_id
        WHERE c.ts >= {from:DateTime64(9, 'UTC')} AND c.ts < {to:DateTime64(9, 'UTC')}
        UNION ALL
        SELECT ts, tenant_id, cost_center, 0, 0, if(is_prepaid, toDecimal128(0, 12), amount)
        FROM beside_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')})
    )
SELECT
    if(ifNull(t.ts < held.valid_to, 0), ifNull(CAST(held.owner, 'Nullable(String)'), ''), '') AS owner,
    t.tenant_id AS tenant,
    t.cost_center AS cost_center,
    sum(t.calls) AS calls,
    sum(t.unknown_cost_calls) AS unknown_cost_calls,
    sum(t.cost) AS effective_cost
FROM told AS t
ASOF LEFT JOIN (SELECT * FROM tenant_period FINAL WHERE NOT removed) AS held
    ON held.tenant_id = t.tenant_id AND held.valid_from <= t.ts
GROUP BY owner, tenant, cost_center
ORDER BY effective_cost DESC, owner, tenant, cost_center

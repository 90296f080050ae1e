-- What each tenant owes with commitments, the most first: usage that no commitment pays, and its part of the commitments.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose; empty: all
--   moment DateTime64(6, 'UTC'): calls as the ledger was then
-- Columns:
--   tenant: whose
--   usage_cost: contracted cost of calls that no commitment pays, USD
--   covered_calls: calls that a commitment pays
--   covered_cost: what these would have cost, USD
--   commitment_cost: its part of the commitments, for use, USD
--   idle_cost: its part of the commitments, for what nobody used, USD
--   effective_cost: usage_cost + commitment_cost + idle_cost, USD
WITH
    paid AS
    (
        SELECT DISTINCT trace_id, span_id
        FROM covered_call
        WHERE covers_usage AND in_term AND NOT names_nothing
            AND ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
    )
SELECT
    if(one.tenant_id = '', '(unattributed)', one.tenant_id) AS tenant,
    sum(one.usage) AS usage_cost,
    sum(one.is_covered) AS covered_calls,
    sum(one.covered) AS covered_cost,
    sum(one.allocated) AS commitment_cost,
    sum(one.unused) AS idle_cost,
    usage_cost + commitment_cost + idle_cost AS effective_cost
FROM
(
    SELECT
        c.tenant_id AS tenant_id,
        toUInt8(paid.trace_id IS NOT NULL) AS is_covered,
        toDecimal128(if(is_covered, 0, ifNull(c.contracted_cost, 0)), 12) AS usage,
        toDecimal128(if(is_covered, ifNull(c.contracted_cost, 0), 0), 12) AS covered,
        toDecimal128(0, 12) AS allocated,
        toDecimal128(0, 12) AS unused
    FROM calls_at(moment = {moment:DateTime64(6, 'UTC')}) AS c
    LEFT JOIN paid
        ON paid.trace_id = c.trace_id AND paid.span_id = c.span_id
    WHERE c.ts >= {from:DateTime64(9, 'UTC')} AND c.ts < {to:DateTime64(9, 'UTC')}
    UNION ALL
    SELECT
        tenant_id,
        0 AS is_covered,
        toDecimal128(0, 12) AS usage,
        toDecimal128(0, 12) AS covered,
        if(idle = 0, amount, toDecimal128(0, 12)) AS allocated,
        if(idle = 1, amount, toDecimal128(0, 12)) AS unused
    FROM allocated_cost
    WHERE hour >= {from:DateTime64(9, 'UTC')} AND hour < {to:DateTime64(9, 'UTC')}
) AS one
WHERE empty({tenants:Array(String)})
    OR has({tenants:Array(String)}, if(one.tenant_id = '', '(unattributed)', one.tenant_id))
GROUP BY tenant
ORDER BY effective_cost DESC, tenant

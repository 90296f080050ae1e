-- What each tenant owes with commitments: usage that no commitment pays, and its part of the commitments.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   tenant: whose
--   calls: counted ones
--   usage_cost: contracted cost of calls that no commitment pays, USD
--   covered_calls: calls that a commitment pays
--   covered_cost: what these would have cost, USD
--   allocated_cost: of commitments, for use, USD
--   idle_cost: of commitments, for what nobody used, USD
--   effective_cost: usage_cost + allocated_cost + idle_cost, USD
--   unknown_cost_calls: not covered, and without a known cost
WITH
    paid AS
    (
        SELECT DISTINCT trace_id, span_id
        FROM covered_call
        WHERE covers_usage AND in_term AND NOT names_nothing
            AND ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
    )
SELECT
    tenant,
    sum(of_calls) AS calls,
    sum(of_usage) AS usage_cost,
    sum(of_covered_calls) AS covered_calls,
    sum(of_covered) AS covered_cost,
    sum(of_allocated) AS allocated_cost,
    sum(of_idle) AS idle_cost,
    usage_cost + allocated_cost + idle_cost AS effective_cost,
    sum(of_unknown) AS unknown_cost_calls
FROM
(
    SELECT
        call.tenant_id AS tenant,
        call.known_calls AS of_calls,
        paid.trace_id IS NOT NULL AS is_paid,
        toDecimal128(if(is_paid, 0, ifNull(call.contracted_cost, 0)), 12) AS of_usage,
        if(is_paid, call.known_calls, 0) AS of_covered_calls,
        toDecimal128(if(is_paid, ifNull(call.contracted_cost, 0), 0), 12) AS of_covered,
        toDecimal128(0, 12) AS of_allocated,
        toDecimal128(0, 12) AS of_idle,
        if(NOT is_paid AND call.contracted_cost IS NULL, call.least_calls, 0) AS of_unknown
    FROM calls AS call
    LEFT JOIN paid
        ON paid.trace_id = call.trace_id AND paid.span_id = call.span_id
    WHERE call.ts >= {from:DateTime64(9, 'UTC')} AND call.ts < {to:DateTime64(9, 'UTC')}
    UNION ALL
    SELECT
        tenant_id AS tenant,
        0 AS of_calls,
        0 AS is_paid,
        toDecimal128(0, 12) AS of_usage,
        0 AS of_covered_calls,
        toDecimal128(0, 12) AS of_covered,
        if(idle = 0, amount, toDecimal128(0, 12)) AS of_allocated,
        if(idle = 1, amount, toDecimal128(0, 12)) AS of_idle,
        0 AS of_unknown
    FROM allocated_cost
    WHERE hour >= {from:DateTime64(9, 'UTC')} AND hour < {to:DateTime64(9, 'UTC')}
)
GROUP BY tenant
ORDER BY effective_cost DESC, tenant

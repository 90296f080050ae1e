-- Whose calls a period has, and what they cost; without those that a commitment pays.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   provider: as calls name it
--   tenant: whose
--   metered: contracted cost, USD, sum of what is known
--   calls: counted ones, of intervals as many as they tell of
--   unknown_cost_calls: of them, without a known cost
SELECT
    call.provider AS provider,
    call.tenant_id AS tenant,
    sum(toDecimal128(ifNull(call.contracted_cost, 0), 12)) AS metered,
    sum(ifNull(call.calls, 1)) AS calls,
    sumIf(call.least_calls, call.contracted_cost IS NULL) AS unknown_cost_calls
FROM calls AS call
WHERE call.ts >= {from:DateTime64(9, 'UTC')} AND call.ts < {to:DateTime64(9, 'UTC')}
    AND (call.trace_id, call.span_id) NOT IN
    (
        SELECT trace_id, span_id
        FROM covered_call
        WHERE covers_usage AND in_term AND NOT names_nothing
            AND ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
    )
GROUP BY provider, tenant
ORDER BY provider, tenant

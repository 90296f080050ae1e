-- What the seats of each plan were used for, by UTC month: how many were used and idle, what each part costs, and what their use
-- would have cost at list prices.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   month: its first day, UTC
--   commitment: the plan
--   seats: how many are paid
--   used_seats: of them, used by a user's call in the period's part of the month
--   idle_seats: of them, not used
--   used_cost: USD, allocated over the calls of their users, without what they cost beyond their allowance
--   overage_cost: USD, what users' calls cost beyond the allowance of their seats, at the contracts that apply
--   idle_cost: USD, allocated to nobody's call
--   list_cost: USD, what is known of their users' calls at list prices
WITH
    plan AS (SELECT commitment_id, seats, allowance FROM commitment FINAL WHERE seats > 0),
    used_by_user AS
    (
        SELECT
            call.commitment_id AS commitment_id,
            toStartOfMonth(toDateTime(call.ts, 'UTC')) AS month,
            call.user_id AS user_id,
            sum(toDecimal128(c.list_cost, 12)) AS list_cost,
            sum(toDecimal128(ifNull(c.contracted_cost, 0), 12)) AS contracted_cost
        FROM covered_call AS call
        INNER JOIN calls AS c ON c.trace_id = call.trace_id AND c.span_id = call.span_id
        WHERE call.commitment_id IN (SELECT commitment_id FROM plan) AND call.in_term
            AND call.ts >= {from:DateTime64(9, 'UTC')} AND call.ts < {to:DateTime64(9, 'UTC')}
        GROUP BY commitment_id, month, user_id
    ),
    used AS
    (
        SELECT
            u.commitment_id AS commitment_id,
            u.month AS month,
            count() AS users,
            sum(u.list_cost) AS list_cost,
            sumIf(u.contracted_cost - plan.allowance, plan.allowance > 0 AND u.contracted_cost > plan.allowance) AS overage_cost
        FROM used_by_user AS u
        INNER JOIN plan ON plan.commitment_id = u.commitment_id
        GROUP BY commitment_id, month
    ),
    paid AS
    (
        SELECT
            commitment_id,
            toStartOfMonth(hour) AS month,
            ifNull(sumIf(amount, idle = 0), toDecimal128(0, 12)) AS used_cost,
            ifNull(sumIf(amount, idle = 1), toDecimal128(0, 12)) AS idle_cost
        FROM allocated_cost
        WHERE commitment_id IN (SELECT commitment_id FROM plan)
            AND hour >= {from:DateTime64(9, 'UTC')} AND hour < {to:DateTime64(9, 'UTC')}
        GROUP BY commitment_id, month
    )
SELECT
    paid.month AS month,
    paid.commitment_id AS commitment,
    plan.seats AS seats,
    least(plan.seats, ifNull(used.users, 0)) AS used_seats,
    plan.seats - used_seats AS idle_seats,
    paid.used_cost - ifNull(used.overage_cost, 0) AS used_cost,
    ifNull(used.overage_cost, 0) AS overage_cost,
    paid.idle_cost AS idle_cost,
    used.list_cost AS list_cost
FROM paid
INNER JOIN plan ON plan.commitment_id = paid.commitment_id
LEFT JOIN used ON used.commitment_id = paid.commitment_id AND used.month = paid.month
ORDER BY month, commitment

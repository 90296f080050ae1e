-- What each commitment cost in a period, how much of it was used, what the calls that it covers would have cost by use, and at
-- which share of use the two are equal.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose parts and calls; empty: everybody's
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): calls as the ledger was then
-- Columns:
--   commitment: its name
--   kind: what it is
--   covers: what it names
--   begins, ends: its whole time, half-open, UTC
--   policy: how it is allocated
--   pays_usage: 1: the calls that it covers are charged with it alone
--   seats: how many are paid; 0 of others
--   cost: its parts in the period, USD
--   used_cost, idle_cost: of it, for use and for what nobody used, USD
--   used_share: used_cost / cost, 0 to 1; NULL where nothing is allocated
--   calls: that it covers, in its time
--   unknown_cost_calls: of them, without a known cost
--   list_worth, worth: what they would have cost by use, at list and at contract prices, USD, sums of what is known
--   difference: worth - cost, USD: what the commitment saved; less than nothing: what use alone would have saved; NULL where it
--     pays for no calls
--   break_even_share: the share of use at which worth and cost are equal, at the present mix of calls; above 1: it cannot pay at
--     that mix; NULL where it pays for no calls, or none with a known cost
WITH
    paid AS
    (
        SELECT
            c.charge_id AS commitment_id,
            sumIf(c.amount, c.idle = 0) AS used_cost,
            sumIf(c.amount, c.idle = 1) AS idle_cost
        FROM beside_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}) AS c
        WHERE c.kind = 'commitment' AND {{asked_for}}
        GROUP BY commitment_id
    ),
    covered AS
    (
        SELECT
            covering.commitment_id AS commitment_id,
            sum(call.known_calls) AS calls,
            sumIf(call.least_calls, call.contracted_cost IS NULL) AS unknown_cost_calls,
            sum(toDecimal128(call.list_cost, 12)) AS list_worth,
            sum(toDecimal128(call.contracted_cost, 12)) AS worth
        FROM covered_call AS covering
        INNER JOIN
        (
            SELECT trace_id, span_id, known_calls, least_calls, list_cost, contracted_cost
            FROM calls_at(moment = {moment:DateTime64(6, 'UTC')}) AS c
            -- Where nothing is committed no call is read.
            WHERE (SELECT count() FROM commitment) > 0 AND {{asked_for}}
        ) AS call
            ON call.trace_id = covering.trace_id AND call.span_id = covering.span_id
        WHERE covering.in_term AND NOT covering.names_nothing
            AND covering.ts >= {from:DateTime64(9, 'UTC')} AND covering.ts < {to:DateTime64(9, 'UTC')}
        GROUP BY commitment_id
    )
SELECT
    one.commitment_id AS commitment,
    CAST(one.kind, 'String') AS kind,
    arrayStringConcat(
        arrayConcat(one.providers, one.accounts, one.models, one.hosts, one.tenants, one.agents, one.users, one.share_tenants), ', '
    ) AS covers,
    one.begins AS begins,
    one.ends AS ends,
    CAST(one.policy, 'String') AS policy,
    one.covers_usage = 1 AS pays_usage,
    one.seats AS seats,
    used_cost + idle_cost AS cost,
    ifNull(paid.used_cost, toDecimal128(0, 12)) AS used_cost,
    ifNull(paid.idle_cost, toDecimal128(0, 12)) AS idle_cost,
    if(cost = 0, NULL, toFloat64(used_cost) / toFloat64(cost)) AS used_share,
    ifNull(covered.calls, 0) AS calls,
    ifNull(covered.unknown_cost_calls, 0) AS unknown_cost_calls,
    covered.list_worth AS list_worth,
    covered.worth AS worth,
    if(pays_usage, ifNull(covered.worth, toDecimal128(0, 12)) - cost, NULL) AS difference,
    if(NOT pays_usage OR ifNull(covered.worth, 0) = 0, NULL, used_share * toFloat64(cost) / toFloat64(covered.worth)) AS break_even_share
FROM (SELECT * FROM commitment FINAL) AS one
LEFT JOIN paid
    ON paid.commitment_id = one.commitment_id
LEFT JOIN covered
    ON covered.commitment_id = one.commitment_id
WHERE one.begins < {to:DateTime64(9, 'UTC')} AND one.ends > {from:DateTime64(9, 'UTC')}
ORDER BY cost DESC, commitment

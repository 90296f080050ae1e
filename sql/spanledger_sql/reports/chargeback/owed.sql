-- What is owed, commitments and other charges included, by a dimension, the most first: what calls cost at contract prices,
-- less those that a commitment pays, with the parts of commitments and of other charges. The largest names keep their own row,
-- the others are summed into '(all others)'; '(idle)', '(not shared)' and '(unattributed)' always have a row of their own.
-- These come last.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls and charges; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): calls as the ledger was then
--   dimension String: `tenant`, `cost_center`, `environment`, `service`, `feature`, `workflow`, `provider`, `model`, `own` for
--     the dimension of one's own, or '' for one row of everything
--   names UInt64: how many names keep a row
-- Columns:
--   name: of the dimension; a charge that names no call has its tenant, provider and model alone
--   names: how many names the row sums
--   cost_centers: up to five of the calls, with commas between them
--   calls: counted ones
--   unknown_cost_calls: of them, without a known cost
--   partly_priced_calls: of them, of whose cost a part is unknown
--   tokens: input + output
--   list_cost, contracted_cost: USD, of the calls, sums of what is known; 0 without calls, NULL where nothing is known
--   covered_cost: of the contracted cost, what a commitment pays, USD
--   commitment_cost: parts of commitments, for use, USD
--   idle_cost: parts of commitments, for what nobody used, USD
--   charge_cost: other charges: storage, seats, taxes, credits, what reconciliations add, USD
--   prepaid_cost: prepaid credits bought, which are billed, less those that calls used, which are not, USD
--   effective_cost: contracted_cost - covered_cost + commitment_cost + idle_cost + charge_cost, USD; NULL where nothing is known
--   billed_cost: effective_cost + prepaid_cost, USD; NULL where nothing is known
WITH
    paid AS
    (
        SELECT trace_id, span_id
        FROM paid_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')})
    ),
    of_calls AS
    (
        SELECT
            {{name_by_dimension}} AS name,
            groupUniqArray(10)(CAST(c.cost_center, 'String')) AS centers,
            sum(c.known_calls) AS calls,
            sumIf(c.least_calls, c.contracted_cost IS NULL) AS unknown_cost_calls,
            sumIf(c.least_calls, c.price_status = 'partial') AS partly_priced_calls,
            sum(c.input_tokens + c.output_tokens) AS tokens,
            sum(toDecimal128(c.list_cost, 12)) AS list_cost,
            sum(toDecimal128(c.contracted_cost, 12)) AS contracted_cost
        FROM call_hours({{what_is_asked_for}}, grain = 'period', timezone = 'UTC') AS c
        WHERE {{asked_for}}
        GROUP BY name
    ),
    covered AS
    (
        SELECT
            {{name_by_dimension}} AS name,
            sum(toDecimal128(ifNull(c.contracted_cost, 0), 12)) AS cost
        FROM calls_at(moment = {moment:DateTime64(6, 'UTC')}) AS c
        INNER JOIN paid
            ON paid.trace_id = c.trace_id AND paid.span_id = c.span_id
        -- Where nothing is committed no call is read twice.
        WHERE (SELECT count() FROM commitment) > 0 AND {{asked_for}}
        GROUP BY name
    ),
    beside_calls AS
    (
        SELECT
            {{name_by_dimension}} AS name,
            sumIf(c.amount, c.kind = 'commitment' AND c.idle = 0) AS commitment_cost,
            sumIf(c.amount, c.kind = 'commitment' AND c.idle = 1) AS idle_cost,
            sumIf(c.amount, c.kind != 'commitment' AND c.is_prepaid = 0) AS charge_cost,
            sumIf(c.amount, c.is_prepaid = 1) AS prepaid_cost
        FROM (SELECT * REPLACE (booked_at AS ts) FROM beside_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')})) AS c
        WHERE {{asked_for}}
        GROUP BY name
    ),
    by_name AS
    (
        SELECT
            if(c.name IS NULL, b.name, c.name) AS name,
            ifNull(c.centers, []) AS centers,
            ifNull(c.calls, 0) AS calls,
            ifNull(c.unknown_cost_calls, 0) AS unknown_cost_calls,
            ifNull(c.partly_priced_calls, 0) AS partly_priced_calls,
            ifNull(c.tokens, 0) AS tokens,
            if(c.name IS NULL, toDecimal128(0, 12), c.list_cost) AS list_cost,
            if(c.name IS NULL, toDecimal128(0, 12), c.contracted_cost) AS contracted_cost,
            ifNull(covered.cost, toDecimal128(0, 12)) AS covered_cost,
            ifNull(b.commitment_cost, toDecimal128(0, 12)) AS commitment_cost,
            ifNull(b.idle_cost, toDecimal128(0, 12)) AS idle_cost,
            ifNull(b.charge_cost, toDecimal128(0, 12)) AS charge_cost,
            ifNull(b.prepaid_cost, toDecimal128(0, 12)) AS prepaid_cost,
            if(b.name IS NULL, c.contracted_cost - covered_cost,
               ifNull(c.contracted_cost, toDecimal128(0, 12)) - covered_cost + commitment_cost + idle_cost + charge_cost)
                AS effective_cost
        FROM of_calls AS c
        FULL JOIN beside_calls AS b
            ON b.name = c.name
        LEFT JOIN covered
            ON covered.name = c.name
    ),
    ranked AS
    (
        SELECT
            *,
            row_number() OVER (
                PARTITION BY name IN ('(idle)', '(not shared)', '(unattributed)')
                ORDER BY effective_cost DESC NULLS LAST, calls DESC, name
            ) AS place
        FROM by_name
    )
SELECT
    if(r.name IN ('(idle)', '(not shared)', '(unattributed)') OR r.place <= {names:UInt64}, r.name, '(all others)') AS name,
    count() AS names,
    arrayStringConcat(arraySlice(arrayFilter(center -> center != '', arraySort(groupUniqArrayArray(r.centers))), 1, 5), ', ')
        AS cost_centers,
    sum(r.calls) AS calls,
    sum(r.unknown_cost_calls) AS unknown_cost_calls,
    sum(r.partly_priced_calls) AS partly_priced_calls,
    sum(r.tokens) AS tokens,
    sum(r.list_cost) AS list_cost,
    sum(r.contracted_cost) AS contracted_cost,
    sum(r.covered_cost) AS covered_cost,
    sum(r.commitment_cost) AS commitment_cost,
    sum(r.idle_cost) AS idle_cost,
    sum(r.charge_cost) AS charge_cost,
    sum(r.prepaid_cost) AS prepaid_cost,
    sum(r.effective_cost) AS effective_cost,
    effective_cost + prepaid_cost AS billed_cost
FROM ranked AS r
GROUP BY name
ORDER BY
    indexOf(['(all others)', '(not shared)', '(idle)', '(unattributed)'], name),
    effective_cost DESC NULLS LAST,
    calls DESC,
    name

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
--   priced_calls, priced_tokens: calls with a known cost, and the tokens of these
--   list_cost, contracted_cost: USD, of the calls, sums of what is known; 0 without calls, NULL where nothing is known
--   covered_cost: of the contracted cost, what a commitment pays, USD
--   commitment_cost: parts of commitments, for use, USD
--   idle_cost: parts of commitments, for what nobody used, USD
--   charge_cost: other charges: storage, seats, taxes, credits, what reconciliations add, USD
--   prepaid_cost: prepaid credits bought, which are billed, less those that calls used, which are not, USD
--   effective_cost: contracted_cost - covered_cost + commitment_cost + idle_cost + charge_cost, USD; NULL where nothing is known
--   billed_cost: effective_cost + prepaid_cost, USD; NULL where nothing is known
WITH
    told AS
    (
        SELECT
            {{name_by_dimension}} AS name,
            'call' AS kind,
            CAST(c.cost_center, 'String') AS center,
            c.known_calls AS calls,
            if(c.contracted_cost IS NULL, c.least_calls, 0) AS unknown_cost_calls,
            if(c.price_status = 'partial', c.least_calls, 0) AS partly_priced_calls,
            c.input_tokens + c.output_tokens AS tokens,
            toDecimal128(c.list_cost, 12) AS list_cost,
            toDecimal128(c.contracted_cost, 12) AS contracted_cost,
            toDecimal128(0, 12) AS amount
        FROM call_hours({{what_is_asked_for}}, grain = 'period', timezone = 'UTC') AS c
        WHERE {{asked_for}}
        -- <commitments>
        UNION ALL
        SELECT {{name_by_dimension}}, 'covered', '', 0, 0, 0, 0, NULL, NULL, toDecimal128(ifNull(c.contracted_cost, 0), 12)
        FROM calls_at(moment = {moment:DateTime64(6, 'UTC')}) AS c
        INNER JOIN paid_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}) AS paid
            ON paid.trace_id = c.trace_id AND paid.span_id = c.span_id
        -- Where nothing is committed no call is read twice.
        WHERE (SELECT count() FROM commitment) > 0 AND {{asked_for}}
        -- </commitments>
        -- <beside>
        UNION ALL
        SELECT
            {{name_by_dimension}},
            multiIf(c.is_prepaid = 1, 'prepaid', c.kind != 'commitment', 'charge', c.idle = 1, 'idle', 'commitment'),
            '', 0, 0, 0, 0, NULL, NULL, ifNull(c.amount, toDecimal128(0, 12))
        FROM (SELECT * REPLACE (booked_at AS ts) FROM beside_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')})) AS c
        WHERE {{asked_for}}
        -- </beside>
    ),
    by_name AS
    (
        SELECT
            name,
            groupUniqArrayIf(10)(t.center, t.kind = 'call') AS centers,
            sum(t.calls) AS calls,
            sum(t.unknown_cost_calls) AS unknown_cost_calls,
            sum(t.partly_priced_calls) AS partly_priced_calls,
            sum(t.tokens) AS tokens,
            sumIf(t.calls, t.contracted_cost IS NOT NULL) AS priced_calls,
            sumIf(t.tokens, t.contracted_cost IS NOT NULL) AS priced_tokens,
            if(countIf(t.kind = 'call') = 0, toDecimal128(0, 12), sum(t.list_cost)) AS list_cost,
            if(countIf(t.kind = 'call') = 0, toDecimal128(0, 12), sum(t.contracted_cost)) AS contracted_cost,
            sumIf(t.amount, t.kind = 'covered') AS covered_cost,
            sumIf(t.amount, t.kind = 'commitment') AS commitment_cost,
            sumIf(t.amount, t.kind = 'idle') AS idle_cost,
            sumIf(t.amount, t.kind = 'charge') AS charge_cost,
            sumIf(t.amount, t.kind = 'prepaid') AS prepaid_cost,
            if(countIf(t.kind NOT IN ('call', 'covered')) = 0, contracted_cost, ifNull(contracted_cost, toDecimal128(0, 12)))
                - covered_cost + commitment_cost + idle_cost + charge_cost AS effective_cost
        FROM told AS t
        GROUP BY name
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
    sum(r.priced_calls) AS priced_calls,
    sum(r.priced_tokens) AS priced_tokens,
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

-- What the ledger says now and the books do not: one posted difference for each key whose amounts, or whose line, are others
-- than the sum of what is posted. Of the parties of one time zone; writes `book_entry`.
-- Parameters:
--   posting String: whose the rows are
--   timezone String: of the parties
--   from, to DateTime64(9, 'UTC'): from the beginning of `since` to the end of `until`
--   since, until String: the first and the last month to post
--   sealed String: the last closed month; '' where none is
--   open String: the month that adjustments to closed ones are booked in
--   told String: the last month that was ever closed softly; what comes for it is late
INSERT INTO book_entry
WITH
    {{planned}},
    said AS
    (
        SELECT
            if(is_paid, 'covered usage', 'usage') AS kind,
            call.whose AS tenant_id,
            call.cost_center AS cost_center,
            call.feature AS feature,
            call.provider AS provider,
            call.model AS model,
            concat(call.trace_id, '/', call.span_id) AS key,
            call.ts AS ts,
            call.trace_id != '' AND paid.trace_id IS NOT NULL AS is_paid,
            toInt64(call.known_calls) AS calls,
            toInt64(call.input_tokens) AS input_tokens,
            toInt64(call.cache_read_tokens) AS cache_read_tokens,
            toInt64(call.output_tokens) AS output_tokens,
            toDecimal128(ifNull(call.list_cost, 0), 12) AS list_cost,
            if(is_paid, toDecimal128(0, 12), toDecimal128(ifNull(call.contracted_cost, 0), 12)) AS cost,
            {{price_of_call}} AS price,
            ifNull(call.energy_wh, 0) AS energy_wh,
            ifNull(call.co2e_g, 0) AS co2e_g,
            ifNull(call.co2e_g_low, 0) AS co2e_g_least,
            ifNull(call.co2e_g_high, 0) AS co2e_g_most,
            ifNull(call.co2e_market_g, 0) AS co2e_market_g,
            ifNull(call.embodied_g, 0) AS embodied_g,
            if(call.price_status IN ('unpriced', 'partial'), toInt64(call.least_calls), 0) AS unpriced_calls,
            if(call.energy_wh IS NULL, toInt64(call.least_calls), 0) AS unknown_energy_calls,
            concat(if(call.contract_price_id = '', call.price_id, call.contract_price_id), ' | ', call.energy_id, ' | ',
                   call.zone, ' by the ', call.intensity_resolution) AS evidence
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
        LEFT JOIN carded_call(
                from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}, timezone = {timezone:String}) AS by_card
            ON by_card.trace_id = call.trace_id AND by_card.span_id = call.span_id
        UNION ALL
        SELECT
            'idle energy', tenant_id, cost_center, feature, provider, model,
            concat(host_name, '/', toString(toDateTime(ts, 'UTC'))), ts, false, 0, 0, 0, 0, toDecimal128(0, 12),
            toDecimal128(0, 12), toDecimal128(0, 12), ifNull(energy_wh, 0), ifNull(co2e_g, 0), ifNull(co2e_g_low, 0), ifNull(co2e_g_high, 0),
            ifNull(co2e_market_g, 0), 0, 0, 0, concat(' | ', energy_id, ' | ', zone, ' by the ', intensity_resolution)
        FROM idle_drawn
        WHERE ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
        UNION ALL
        SELECT
            multiIf(part.kind != 'commitment', part.kind, part.idle = 1, 'idle commitment', 'commitment') AS of_kind,
            part.tenant_id, part.cost_center, part.feature,
            if(part.kind = 'commitment', part.charge_id, part.provider) AS whose,
            if(part.kind = 'commitment', '', part.charge_kind) AS what,
            multiIf(
                part.kind = 'commitment', concat(whose, '/', toString(toDate(toTimeZone(part.ts, {timezone:String})))),
                -- A reconciliation that is made anew has another name.
                part.kind = 'invoice', concat(whose, '/', toString(part.ts), '/', toString(part.ends), '/', what),
                part.kind = 'bill', concat(part.charge_id, '/', toString(toDate(part.ts)), '/', what, '/', part.model),
                part.charge_id) AS name,
            -- As `charges` has it: what no list has costs by the list what it costs.
            min(part.booked_at), false, 0, 0, 0, 0, sum(if(part.counts_list = 1, part.amount, toDecimal128(0, 12))),
            sum(part.cost), sum({{price_of_part}}), 0, 0, 0, 0, 0, 0, 0, 0,
            if(of_kind = 'invoice', concat('reconciliation ', any(part.charge_id)), '')
        FROM
        (
            SELECT
                *,
                -- What is prepaid costs where it is used.
                if(is_prepaid, toDecimal128(0, 12), amount) AS cost,
                tenant_id AS whose,
                toStartOfMonth(toDate(toTimeZone(booked_at, {timezone:String}))) AS of_month,
                {{plan_tenant}} AS plan_tenant
            FROM beside_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')})
        ) AS part
        LEFT JOIN plan_month AS plan
            ON plan.tenant_id = part.plan_tenant AND plan.month = part.of_month
        WHERE part.charge_kind != 'drawdown'
        GROUP BY of_kind, part.tenant_id, part.cost_center, part.feature, whose, what, name,
            toStartOfMonth(toTimeZone(part.booked_at, {timezone:String}))
    ),
    both AS
    (
        SELECT
            formatDateTime(toTimeZone(said.ts, {timezone:String}), '%Y-%m') AS service_month,
            said.kind AS kind, of.party AS party, said.cost_center AS cost_center, said.feature AS feature,
            said.provider AS provider, said.model AS model, said.key AS key, said.ts AS ts,
            1 AS now, 0 AS was,
            calls, input_tokens, cache_read_tokens, output_tokens, list_cost, cost, price,
            -- A float to the last digit that is kept: what is cut off is less than 1e-12.
            toDecimal128(said.energy_wh, 12) AS energy_wh, toDecimal128(said.co2e_g, 12) AS co2e_g,
            toDecimal128(said.co2e_g_least, 12) AS co2e_g_least, toDecimal128(said.co2e_g_most, 12) AS co2e_g_most,
            toDecimal128(said.co2e_market_g, 12) AS co2e_market_g, toDecimal128(said.embodied_g, 12) AS embodied_g,
            toInt64(unpriced_calls) AS unpriced_calls, toInt64(unknown_energy_calls) AS unknown_energy_calls, evidence
        FROM said
        INNER JOIN (SELECT party, tenant_id FROM book_party WHERE timezone = {timezone:String}) AS of
            ON of.tenant_id = said.tenant_id
        UNION ALL
        SELECT
            service_month, kind, party, cost_center, feature, provider, model, key, ts, 0, stands,
            -calls, -input_tokens, -cache_read_tokens, -output_tokens, -list_cost, -cost, -price, -energy_wh, -co2e_g, -co2e_g_least,
            -co2e_g_most, -co2e_market_g, -embodied_g, -unpriced_calls, -unknown_energy_calls, ''
        FROM book_entry
        WHERE posting IN (SELECT posting FROM book_event)
            AND service_month BETWEEN {since:String} AND {until:String}
            AND party IN (SELECT party FROM book_party WHERE timezone = {timezone:String})
            -- What a plan makes of a month as a whole comes after.
            AND kind NOT IN ('allowance', 'minimum')
    ),
    differing AS
    (
        SELECT
            service_month, kind, party, cost_center, feature, provider, model, key,
            min(ts) AS ts,
            sum(b.now) AS now,
            sum(b.was) AS was,
            sum(b.calls) AS calls,
            sum(b.input_tokens) AS input_tokens,
            sum(b.cache_read_tokens) AS cache_read_tokens,
            sum(b.output_tokens) AS output_tokens,
            sum(b.list_cost) AS list_cost,
            sum(b.cost) AS cost,
            sum(b.price) AS price,
            sum(b.energy_wh) AS energy_wh,
            sum(b.co2e_g) AS co2e_g,
            sum(b.co2e_g_least) AS co2e_g_least,
            sum(b.co2e_g_most) AS co2e_g_most,
            sum(b.co2e_market_g) AS co2e_market_g,
            sum(b.embodied_g) AS embodied_g,
            sum(b.unpriced_calls) AS unpriced_calls,
            sum(b.unknown_energy_calls) AS unknown_energy_calls,
            max(b.evidence) AS evidence
        FROM both AS b
        GROUP BY service_month, kind, party, cost_center, feature, provider, model, key
        HAVING now != was OR calls != 0 OR input_tokens != 0 OR cache_read_tokens != 0 OR output_tokens != 0 OR list_cost != 0
            OR cost != 0 OR price != 0 OR energy_wh != 0 OR co2e_g != 0 OR co2e_g_least != 0 OR co2e_g_most != 0 OR co2e_market_g != 0
            OR embodied_g != 0 OR unpriced_calls != 0 OR unknown_energy_calls != 0
    ),
    moved AS
    (
        SELECT
            *,
            toInt8(now) - toInt8(was) AS stands,
            -- Of a key that stands in another line than it did, both lines are here.
            max(now) OVER (PARTITION BY key) > 0 AND max(was) OVER (PARTITION BY key) > 0 AS is_elsewhere,
            min(kind) OVER (PARTITION BY key) != max(kind) OVER (PARTITION BY key) AS is_other_kind,
            -- A part of a commitment or charge that is as large as it was, of another cost centre of its tenant.
            kind IN ('commitment', 'idle commitment', 'charge') AND count() OVER one > 1 AND sum(m.list_cost) OVER one = 0
                AND sum(m.cost) OVER one = 0 AND sum(m.price) OVER one = 0 AS is_other_center,
            stands = 0 AND calls = 0 AND input_tokens = 0 AND cache_read_tokens = 0 AND output_tokens = 0
                AND kind IN ('usage', 'covered usage', 'idle energy') AS is_same_use
        FROM differing AS m
        WINDOW one AS (PARTITION BY service_month, kind, party, feature, provider, model, key)
    ),
    parted AS
    (
        -- What a price changed and what the grid did are entries of their own.
        SELECT *, arrayJoin(if(is_same_use, ['money', 'carbon'], ['all'])) AS part
        FROM moved
    )
SELECT
    {posting:String} AS posting,
    if(service_month <= {sealed:String}, {open:String}, service_month) AS month,
    service_month,
    multiIf(
        part != 'carbon' AND stands = 0 AND calls = 0 AND input_tokens = 0 AND output_tokens = 0 AND p.list_cost = 0 AND p.cost = 0
            AND p.unpriced_calls = 0 AND p.price != 0, 'plan',
        kind IN ('invoice', 'bill'), 'reconciliation',
        is_other_center, 'attribution',
        kind IN ('commitment', 'idle commitment', 'charge'), 'allocation',
        is_same_use AND part = 'money', 'price',
        is_same_use AND p.energy_wh != 0, 'energy',
        is_same_use, 'grid',
        stands = 0, 'counts',
        is_elsewhere AND is_other_kind, 'commitment',
        is_elsewhere, 'attribution',
        stands = -1, 'verdict',
        service_month <= {told:String}, 'late',
        'usage') AS reason,
    kind, party, cost_center, feature, provider, model, key, ts, stands, calls, input_tokens, cache_read_tokens, output_tokens,
    if(part = 'carbon', toDecimal128(0, 12), p.list_cost) AS list_cost,
    if(part = 'carbon', toDecimal128(0, 12), p.cost) AS cost,
    if(part = 'carbon', toDecimal128(0, 12), p.price) AS price,
    if(part = 'money', toDecimal128(0, 12), p.energy_wh) AS energy_wh,
    if(part = 'money', toDecimal128(0, 12), p.co2e_g) AS co2e_g,
    if(part = 'money', toDecimal128(0, 12), p.co2e_g_least) AS co2e_g_least,
    if(part = 'money', toDecimal128(0, 12), p.co2e_g_most) AS co2e_g_most,
    if(part = 'money', toDecimal128(0, 12), p.co2e_market_g) AS co2e_market_g,
    if(part = 'money', toDecimal128(0, 12), p.embodied_g) AS embodied_g,
    if(part = 'carbon', 0, p.unpriced_calls) AS unpriced_calls,
    if(part = 'money', 0, p.unknown_energy_calls) AS unknown_energy_calls,
    evidence
FROM parted AS p
WHERE part = 'all'
    OR part = 'money' AND (p.list_cost != 0 OR p.cost != 0 OR p.price != 0 OR p.unpriced_calls != 0)
    OR part = 'carbon' AND (p.energy_wh != 0 OR p.co2e_g != 0 OR p.co2e_g_least != 0 OR p.co2e_g_most != 0
                            OR p.co2e_market_g != 0 OR p.embodied_g != 0 OR p.unknown_energy_calls != 0)

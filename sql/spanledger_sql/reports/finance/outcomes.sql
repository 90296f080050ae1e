-- What good results cost: outcomes by name, with the calls that they are about, failed attempts included, their cost and emissions, and
-- what is left of the revenue. An outcome is about the calls of its answer, else of its run, else of its session, else of its
-- trace, of its tenant, up to 30 days before it and a day after; a call counts once in a row, however many outcomes are about it.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): outcomes of that time, half-open
--   tenants Array(String): whose outcomes; empty: all
--   by Array(String): any of tenant, feature; the others are folded into ''
--   good_score String: from which score on an outcome is good that does not say it itself; '' for none
-- Columns:
--   name: of the outcome
--   tenant, feature: as the outcome says, else as the first of its calls does; the tenant, else as a tenant rule says; '' where not
--     asked for
--   outcomes, good, bad, undecided: how many; undecided: neither they nor their labels say, nor their score
--   without_calls: outcomes that no call is found for
--   calls: the calls that they are about
--   unknown_cost_calls, unknown_energy_calls: of them, without a known cost, without a known energy
--   cost: contracted cost of the calls, USD, sum of what is known
--   cost_per_good: USD, of the good ones that calls are found for; NULL where there are none
--   co2e_kg: of the operation, location-based, kgCO2e, sum of what is known
--   co2e_g_per_good: gCO2e, of the good ones that calls are found for; NULL where there are none
--   revenue: of good outcomes, USD; NULL where none tells it
--   margin: USD, of the revenue of those that calls are found for, less cost; NULL where none of them tells any
WITH
    told AS
    (
        SELECT
            o.outcome_id AS outcome_id, o.ts AS outcome_ts, o.name AS name, o.tenant_id AS outcome_tenant, CAST(o.rule_tenant_id, 'String') AS rule_tenant, o.feature AS outcome_feature, o.revenue AS revenue,
            ifNull(o.good, if(toFloat64OrNull({good_score:String}) IS NULL OR o.score IS NULL, NULL,
                              toUInt8(o.score >= toFloat64OrNull({good_score:String})))) AS is_good,
            multiIf(o.response_id != '', concat('answer ', o.response_id), o.run_id != '', concat('run ', o.run_id),
                    o.session_id != '', concat('session ', o.session_id), concat('trace ', o.trace_id)) AS link
        FROM outcome AS o FINAL
        WHERE o.ts >= {from:DateTime64(9, 'UTC')} AND o.ts < {to:DateTime64(9, 'UTC')}
            AND (empty({tenants:Array(String)}) OR o.tenant_id = '(unattributed)' OR has({tenants:Array(String)}, o.tenant_id))
    ),
    -- By what outcomes are tied to calls here: nothing else is read of all calls of two months.
    (SELECT groupUniqArray(splitByChar(' ', link)[1]) FROM told) AS ties,
    linked AS
    (
        SELECT
            arrayJoin(arrayFilter(one -> NOT endsWith(one, ' '), [
                concat('answer ', c.response_id), concat('run ', c.run_id), concat('session ', c.session_id), concat('trace ', c.trace_id)]))
                AS link,
            concat(c.trace_id, '/', c.span_id) AS call_id, c.ts AS ts, CAST(c.tenant_id, 'String') AS tenant_id,
            CAST(c.feature, 'String') AS feature, c.known_calls AS known_calls,
            if(c.contracted_cost IS NULL, c.least_calls, 0) AS unknown_cost, if(c.co2e_g IS NULL, c.least_calls, 0) AS unknown_energy,
            toDecimal128(ifNull(c.contracted_cost, 0), 12) AS cost, ifNull(c.co2e_g, 0) AS co2e_g
        FROM calls AS c
        WHERE c.ts >= subtractDays({from:DateTime64(9, 'UTC')}, 30) AND c.ts < addDays({to:DateTime64(9, 'UTC')}, 1)
            AND (has(ties, 'answer') AND concat('answer ', c.response_id) IN (SELECT link FROM told)
                OR has(ties, 'run') AND concat('run ', c.run_id) IN (SELECT link FROM told)
                OR has(ties, 'session') AND concat('session ', c.session_id) IN (SELECT link FROM told)
                OR has(ties, 'trace') AND concat('trace ', c.trace_id) IN (SELECT link FROM told))
            AND link IN (SELECT link FROM told)
    ),
    both AS
    (
        SELECT
            t.outcome_id AS outcome_id, t.name AS name, t.revenue AS revenue, t.is_good AS is_good,
            -- What an outcome does not say is as the first of its calls has it.
            argMin(l.tenant_id, l.ts) OVER one AS first_tenant,
            argMin(l.feature, l.ts) OVER one AS first_feature,
            multiIf(t.outcome_tenant != '(unattributed)', t.outcome_tenant,
                    ifNull(first_tenant, '') NOT IN ('', '(unattributed)'), assumeNotNull(first_tenant),
                    t.rule_tenant != '', t.rule_tenant, '(unattributed)') AS of_tenant,
            if(has({by:Array(String)}, 'tenant'), of_tenant, '') AS tenant,
            if(has({by:Array(String)}, 'feature'), if(t.outcome_feature = '', ifNull(first_feature, ''), t.outcome_feature), '') AS of_feature,
            l.call_id AS call_id, l.known_calls AS known_calls, l.unknown_cost AS unknown_cost, l.unknown_energy AS unknown_energy,
            l.cost AS cost, l.co2e_g AS co2e_g
        FROM told AS t
        LEFT JOIN linked AS l
            ON l.link = t.link AND (t.outcome_tenant = '(unattributed)' OR l.tenant_id = t.outcome_tenant)
                AND l.ts >= subtractDays(t.outcome_ts, 30) AND l.ts < addDays(t.outcome_ts, 1)
        WINDOW one AS (PARTITION BY t.outcome_id)
    ),
    asked AS
    (
        SELECT * FROM both WHERE empty({tenants:Array(String)}) OR has({tenants:Array(String)}, of_tenant)
    ),
    counted AS
    (
        SELECT
            name, tenant, of_feature, uniqExact(outcome_id) AS outcomes, uniqExactIf(outcome_id, is_good = 1) AS good,
            uniqExactIf(outcome_id, is_good = 0) AS bad, uniqExactIf(outcome_id, ifNull(call_id, '') = '') AS without_calls,
            sumIf(revenue, is_good = 1 AND revenue IS NOT NULL) AS earned, countIf(is_good = 1 AND revenue IS NOT NULL) AS tell_revenue,
            -- What no call is found for did not cost nothing: it is in no ratio.
            uniqExactIf(outcome_id, is_good = 1 AND ifNull(call_id, '') != '') AS known_good,
            sumIf(revenue, is_good = 1 AND revenue IS NOT NULL AND ifNull(call_id, '') != '') AS known_earned,
            countIf(is_good = 1 AND revenue IS NOT NULL AND ifNull(call_id, '') != '') AS tell_known_revenue
        FROM (SELECT * FROM asked LIMIT 1 BY outcome_id)
        GROUP BY name, tenant, of_feature
    ),
    spent AS
    (
        SELECT
            name, tenant, of_feature, sum(s.known_calls) AS calls, sum(s.unknown_cost) AS unknown_cost_calls,
            sum(s.unknown_energy) AS unknown_energy_calls, sum(s.cost) AS cost, sum(s.co2e_g) AS co2e_g
        FROM (SELECT * FROM asked WHERE ifNull(call_id, '') != '' LIMIT 1 BY name, tenant, of_feature, call_id) AS s
        GROUP BY name, tenant, of_feature
    )
SELECT
    c.name AS name,
    c.tenant AS tenant,
    c.of_feature AS feature,
    c.outcomes AS outcomes,
    c.good AS good,
    c.bad AS bad,
    c.outcomes - c.good - c.bad AS undecided,
    c.without_calls AS without_calls,
    ifNull(s.calls, 0) AS calls,
    ifNull(s.unknown_cost_calls, 0) AS unknown_cost_calls,
    ifNull(s.unknown_energy_calls, 0) AS unknown_energy_calls,
    ifNull(s.cost, toDecimal128(0, 12)) AS cost,
    toFloat64(s.cost) / nullIf(c.known_good, 0) AS cost_per_good,
    ifNull(s.co2e_g, 0) / 1000 AS co2e_kg,
    s.co2e_g / nullIf(c.known_good, 0) AS co2e_g_per_good,
    if(c.tell_revenue > 0, c.earned, NULL) AS revenue,
    if(c.tell_known_revenue > 0, c.known_earned - s.cost, NULL) AS margin
FROM counted AS c
LEFT JOIN spent AS s
    ON s.name = c.name AND s.tenant = c.tenant AND s.of_feature = c.of_feature
ORDER BY cost DESC, name, tenant, feature

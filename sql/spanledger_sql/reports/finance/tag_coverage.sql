-- Which share of calls, and of what they cost, says whose and what for it is: tenant, feature, workflow, user, cost centre, session, run,
-- environment, and each dimension of one's own that any call says; and which share has a price. The largest gap first.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   by Array(String): any of tenant, service, environment, provider, model; the others are folded into ''
-- Columns:
--   tenant, service, environment, provider, model: '' where not asked for, or not told
--   tag: what is said, such as `feature`; `price`: of calls whose cost is known as a whole
--   is_own: 1: a dimension of one's own
--   calls: counted ones
--   tagged_calls: of them, those that say it
--   call_share: tagged calls / calls, 0 to 1; NULL without calls
--   cost: contracted cost of the calls, USD, sum of what is known
--   tagged_cost: of it, that of calls that say it; of `price` all
--   cost_share: tagged cost / cost, 0 to 1; NULL where that is nothing; of `price` too, since what is not known is no part of it
WITH
    ['tenant', 'feature', 'workflow', 'cost_center', 'environment', 'price', 'user', 'session', 'run'] AS names,
    summed AS
    (
        SELECT
            [if(has({by:Array(String)}, 'tenant'), c.tenant_id, ''), if(has({by:Array(String)}, 'service'), c.service_name, ''),
             if(has({by:Array(String)}, 'environment'), c.environment, ''), if(has({by:Array(String)}, 'provider'), c.provider, ''),
             if(has({by:Array(String)}, 'model'), c.model, '')] AS keys,
            sum(c.known_calls) AS calls,
            sum(c.known_cost) AS cost,
            sumForEach(arrayMap(one -> if(one, c.known_calls, 0), c.said)) AS tagged_calls,
            sumForEach(arrayMap(one -> if(one, c.known_cost, toDecimal128(0, 12)), c.said)) AS tagged_cost,
            groupUniqArrayArray(c.own) AS own,
            -- By the name of each dimension of one's own: which there are is not known before.
            sumMap(c.own_said, arrayMap(name -> c.known_calls, c.own_said), arrayMap(name -> c.known_cost, c.own_said)) AS of_own
        FROM
        (
            SELECT
                tenant_id, service_name, environment, provider, model, known_calls,
                toDecimal128(ifNull(contracted_cost, 0), 12) AS known_cost,
                [tenant_id NOT IN ('', '(unattributed)'), feature != '', workflow != '', cost_center != '', environment != '',
                 price_status IN ('priced', 'free'), bitTest(tells, 0), bitTest(tells, 1), bitTest(tells, 2)] AS said,
                CAST(mapKeys(dimensions), 'Array(String)') AS own,
                arrayFilter(name -> dimensions[name] != '', own) AS own_said
            FROM call_hours(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')},
                moment = toDateTime64('2200-01-01', 6, 'UTC'), grain = 'period', timezone = 'UTC', told = ['(own)'])
            WHERE ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
        ) AS c
        GROUP BY keys
    ),
    listed AS
    (
        SELECT keys, calls, cost, tagged_calls, tagged_cost, of_own, arraySort(groupUniqArrayArray(own) OVER ()) AS all_own
        FROM summed
    )
SELECT
    keys[1] AS tenant,
    keys[2] AS service,
    keys[3] AS environment,
    keys[4] AS provider,
    keys[5] AS model,
    one.1 AS tag,
    toUInt8(one.2 > length(names)) AS is_own,
    s.calls AS calls,
    one.3 AS tagged_calls,
    toFloat64(one.3) / nullIf(s.calls, 0) AS call_share,
    s.cost AS cost,
    if(tag = 'price', s.cost, one.4) AS tagged_cost,
    if(tag = 'price', NULL, toFloat64(one.4) / nullIf(toFloat64(s.cost), 0)) AS cost_share
FROM listed AS s
ARRAY JOIN arrayZip(
    arrayConcat(names, s.all_own),
    arrayEnumerate(arrayConcat(names, s.all_own)),
    arrayConcat(s.tagged_calls, arrayMap(name -> s.of_own.2[indexOf(s.of_own.1, name)], s.all_own)),
    arrayConcat(s.tagged_cost, arrayMap(name -> s.of_own.3[indexOf(s.of_own.1, name)], s.all_own))) AS one
ORDER BY tenant, service, environment, provider, model, call_share, is_own, tag

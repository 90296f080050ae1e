-- Why a period's calls cost more or less than the period before: an exact bridge, before + volume + mix + tokens + tier +
-- cache + price = after, in every row. What has no known cost is in neither.
--
-- One driver after the other is put from its former to its new value: how many calls there are; which models make them; how
-- many tokens (searches, units) a call has, by direction; in which tier they are; which of the input is cached; what one
-- costs. A driver of what there was not before has its new value from the start.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   before_from, before_to DateTime64(9, 'UTC'): the period that it is compared with, half-open
--   by Array(String): any of tenant, cost_center, feature, provider, model; the others are folded into ''
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   rows UInt64: how many rows at most
-- Columns:
--   tenant, cost_center, feature, provider, model: '' where not asked for
--   calls_before, calls_after: with a known cost
--   before: contracted cost of the period before, USD
--   volume: more or fewer calls, USD
--   mix: other models, USD
--   tokens: more or fewer tokens, searches or units a call, USD
--   tier: batch, priority and other tiers, USD
--   cache: more or less of the input read from or written to the cache, or of other kinds of tokens, USD
--   price: other prices, USD
--   after: contracted cost of the period, USD
--   difference: after - before, USD
--   all_rows: how many rows there are without the bound
WITH
    cells AS
    (
        SELECT
            [if(has({by:Array(String)}, 'tenant'), tenant_id, ''), if(has({by:Array(String)}, 'cost_center'), cost_center, ''),
             if(has({by:Array(String)}, 'feature'), feature, ''), if(has({by:Array(String)}, 'provider'), provider, ''),
             if(has({by:Array(String)}, 'model'), model, '')] AS keys,
            concat(provider, '/', model) AS model_key,
            multiIf(meter LIKE 'input%' OR meter LIKE 'cache%', 'input', meter LIKE 'output%' OR meter = 'reasoning', 'output', unit)
                AS direction,
            service_tier AS tier,
            meter,
            is_after,
            -- What is rounded, and least charges, go with calls.
            if(meter = 'rounding', toFloat64(known_calls), toFloat64(quantity)) AS used,
            sumIf(used, NOT is_after) AS q0,
            sumIf(used, is_after) AS q1,
            sumIf(toDecimal128(c.contracted_cost, 12), NOT is_after) AS c0,
            sumIf(toDecimal128(c.contracted_cost, 12), is_after) AS c1,
            sumIf(toFloat64(known_calls), first_of_call = 1 AND NOT is_after) AS calls0,
            sumIf(toFloat64(known_calls), first_of_call = 1 AND is_after) AS calls1
        FROM
        (
            -- Who asks for calls of the period means those of the period before, too: both begin with it here.
            SELECT
                * EXCEPT (ts),
                metered_charge.ts >= {from:DateTime64(9, 'UTC')} AND metered_charge.ts < {to:DateTime64(9, 'UTC')} AS is_after,
                {from:DateTime64(9, 'UTC')} AS ts
            FROM metered_charge
            WHERE contracted_cost IS NOT NULL
                AND (metered_charge.ts >= {from:DateTime64(9, 'UTC')} AND metered_charge.ts < {to:DateTime64(9, 'UTC')}
                     OR metered_charge.ts >= {before_from:DateTime64(9, 'UTC')}
                     AND metered_charge.ts < {before_to:DateTime64(9, 'UTC')})
        ) AS c
        WHERE {{asked_for}}
        GROUP BY ALL
    ),
    both AS
    (
        SELECT keys, model_key, direction, tier, meter, sum(cells.q0) AS q0, sum(cells.q1) AS q1,
            ifNull(sum(cells.c0), toDecimal128(0, 12)) AS c0, ifNull(sum(cells.c1), toDecimal128(0, 12)) AS c1,
            sum(cells.calls0) AS calls0, sum(cells.calls1) AS calls1
        FROM cells
        GROUP BY ALL
    ),
    shares AS
    (
        WITH
            -- A share of nothing is what it is in the other period.
            (part0, whole0, part1, whole1) -> (
                multiIf(whole0 != 0, part0 / whole0, whole1 != 0, part1 / whole1, 0),
                multiIf(whole1 != 0, part1 / whole1, whole0 != 0, part0 / whole0, 0)) AS share
        SELECT
            *,
            sum(calls0) OVER (PARTITION BY keys) AS n0,
            sum(calls1) OVER (PARTITION BY keys) AS n1,
            sum(calls0) OVER (PARTITION BY keys, model_key) AS of_model0,
            sum(calls1) OVER (PARTITION BY keys, model_key) AS of_model1,
            sum(q0) OVER (PARTITION BY keys, model_key, direction) AS of_direction0,
            sum(q1) OVER (PARTITION BY keys, model_key, direction) AS of_direction1,
            sum(q0) OVER (PARTITION BY keys, model_key, direction, tier) AS of_tier0,
            sum(q1) OVER (PARTITION BY keys, model_key, direction, tier) AS of_tier1,
            share(of_model0, n0, of_model1, n1) AS s,
            share(of_direction0, of_model0, of_direction1, of_model1) AS u,
            share(of_tier0, of_direction0, of_tier1, of_direction1) AS w,
            share(q0, of_tier0, q1, of_tier1) AS x,
            share(toFloat64(c0), q0, toFloat64(c1), q1) AS p
        FROM both
    ),
    steps AS
    (
        SELECT
            keys,
            max(n0) AS calls_before,
            max(n1) AS calls_after,
            sum(c0) AS before,
            sum(c1) AS after,
            toDecimal128(sum(n1 * s.1 * u.1 * w.1 * x.1 * p.1), 12) AS with_volume,
            toDecimal128(sum(n1 * s.2 * u.1 * w.1 * x.1 * p.1), 12) AS with_mix,
            toDecimal128(sum(n1 * s.2 * u.2 * w.1 * x.1 * p.1), 12) AS with_tokens,
            toDecimal128(sum(n1 * s.2 * u.2 * w.2 * x.1 * p.1), 12) AS with_tier,
            toDecimal128(sum(n1 * s.2 * u.2 * w.2 * x.2 * p.1), 12) AS with_cache
        FROM shares
        GROUP BY keys
    )
SELECT
    keys[1] AS tenant,
    keys[2] AS cost_center,
    keys[3] AS feature,
    keys[4] AS provider,
    keys[5] AS model,
    toUInt64(calls_before) AS calls_before,
    toUInt64(calls_after) AS calls_after,
    before,
    with_volume - before AS volume,
    with_mix - with_volume AS mix,
    with_tokens - with_mix AS tokens,
    with_tier - with_tokens AS tier,
    with_cache - with_tier AS cache,
    after - with_cache AS price,
    after,
    after - before AS difference,
    count() OVER () AS all_rows
FROM steps
ORDER BY abs(difference) DESC, tenant, cost_center, feature, provider, model
LIMIT {rows:UInt64}

-- Emissions by the GHG Protocol's scopes and categories, Scope 2 location- and market-based side by side.
--
-- Own or leased machines are the calls whose energy was measured on their host, and those of the providers and hosts
-- that the configuration names as own. All others are purchased use of a provider's machines.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   by Array(String): any of tenant, cost_center, provider, model, region, zone, month; the others are folded into ''
--   custom Array(String): names of dimensions of one's own, as `attribution(name=...)` says them
--   where_names, where_values Array(String): only calls whose dimensions of one's own have these values
--   timezone String: of the months
--   own_providers, own_hosts Array(String): as calls have them (`provider`, `host_name`)
-- Columns:
--   scope: `Scope 2` or `Scope 3`
--   category: of the scope
--   month, tenant, cost_center, provider, model, region, zone: the dimensions; '' where not asked for
--   custom: the values of the dimensions of one's own, in their order; '' where a call says none
--   calls: counted ones
--   energy_kwh: of the operation, PUE included, kWh; NULL where the row holds none; so of all sums
--   location_kg, location_kg_low, location_kg_high: of the operation, location-based, with its 90 % interval, kgCO2e
--   market_kg: of the operation, market-based, kgCO2e
--   embodied_kg: of the hardware, kgCO2e
--   unknown_location_calls, unknown_market_calls, unknown_embodied_calls: calls that the sum leaves out
WITH
    {{idle_or}},
    groups AS
    (
        SELECT
            if(has({by:Array(String)}, 'month'), formatDateTime(toTimeZone(c.ts, {timezone:String}), '%Y-%m'), '') AS month,
            if(has({by:Array(String)}, 'tenant'), c.tenant_id, '') AS tenant,
            if(has({by:Array(String)}, 'cost_center'), idle_or(c.operation, c.cost_center), '') AS cost_center,
            if(has({by:Array(String)}, 'provider'), idle_or(c.operation, c.provider), '') AS provider,
            if(has({by:Array(String)}, 'model'), idle_or(c.operation, c.model), '') AS model,
            if(has({by:Array(String)}, 'region'), c.cloud_region, '') AS region,
            if(has({by:Array(String)}, 'zone'), c.zone, '') AS zone,
            arrayMap(name -> c.dimensions[name], {custom:Array(String)}) AS custom,
            c.energy_method = 'measured'
                OR has({own_providers:Array(String)}, c.provider)
                OR has({own_hosts:Array(String)}, c.host_name) AS own,
            sum(c.calls) AS calls,
            sum(c.co2e_market_g) AS co2e_market_g,
            sum(c.embodied_g) AS embodied_g,
            sumIf(c.calls, c.co2e_g IS NULL) AS unknown_co2e_calls,
            sumIf(c.calls, c.co2e_market_g IS NULL) AS unknown_market_calls,
            sumIf(c.calls, c.embodied_g IS NULL) AS unknown_embodied_calls,
            {{group_sums}}
        FROM drawn_hours(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')},
            moment = toDateTime64('2200-01-01', 6, 'UTC'),
            grain = if(has({by:Array(String)}, 'month'), 'month', 'period'), timezone = {timezone:String},
            told = arrayConcat({by:Array(String)}, {custom:Array(String)}, {where_names:Array(String)},
                if(empty({own_hosts:Array(String)}), [], ['host']))) AS c
        WHERE c.ts >= {from:DateTime64(9, 'UTC')}
            AND c.ts < {to:DateTime64(9, 'UTC')}
            AND {{own_where}}
        GROUP BY ALL
    ),
    {{expected_groups}},
    summed AS
    (
        SELECT
            own, month, tenant, cost_center, provider, model, region, zone, custom,
            sum(e.calls) AS calls,
            sum(e.co2e_market_g) AS co2e_market_g,
            sum(e.embodied_g) AS embodied_g,
            sum(e.unknown_co2e_calls) AS unknown_co2e_calls,
            sum(e.unknown_market_calls) AS unknown_market_calls,
            sum(e.unknown_embodied_calls) AS unknown_embodied_calls,
            {{uncertain_sums}}
        FROM expected AS e
        GROUP BY own, month, tenant, cost_center, provider, model, region, zone, custom
    ),
    {{interval}}
SELECT
    line.1 AS scope,
    line.2 AS category,
    month, tenant, cost_center, provider, model, region, zone, custom,
    calls,
    if(line.3, energy_wh / 1000, NULL) AS energy_kwh,
    if(line.3, co2e_g / 1000, NULL) AS location_kg,
    if(line.3, g_low / 1000, NULL) AS location_kg_low,
    if(line.3, g_high / 1000, NULL) AS location_kg_high,
    if(line.3, co2e_market_g / 1000, NULL) AS market_kg,
    if(line.4, embodied_g / 1000, NULL) AS embodied_kg,
    if(line.3, unknown_co2e_calls, 0) AS unknown_location_calls,
    if(line.3, summed.unknown_market_calls, 0) AS unknown_market_calls,
    if(line.4, summed.unknown_embodied_calls, 0) AS unknown_embodied_calls
FROM summed
-- (scope, category, whether operation is part of it, whether hardware is)
ARRAY JOIN if(
    own,
    [('Scope 2', 'electricity of own or leased machines', true, false),
     ('Scope 3', 'category 2: own or leased hardware', false, true)],
    [('Scope 3', 'category 1: purchased API use', true, true)]) AS line
ORDER BY scope, category, month, has([tenant, cost_center, provider, model], '(idle)'), location_kg DESC NULLS LAST, tenant, model, custom

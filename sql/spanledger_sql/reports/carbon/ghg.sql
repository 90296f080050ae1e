-- Emissions by the GHG Protocol's scopes and categories, Scope 2 location- and market-based side by side.
--
-- Own or leased machines are the calls whose energy was measured on their host, and those of the providers and hosts
-- that the configuration names as own. All others are purchased use of a provider's machines.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   by Array(String): any of tenant, cost_center, provider, model, region, zone, month; the others are folded into ''
--   timezone String: of the months
--   own_providers, own_hosts Array(String): as spans name them (`provider`, `host_name`)
-- Columns:
--   scope: `Scope 2` or `Scope 3`
--   category: of the scope
--   month, tenant, cost_center, provider, model, region, zone: the dimensions; '' where not asked for
--   calls: counted ones
--   energy_kwh: of the operation, PUE included, kWh; NULL where the row holds none; so of all sums
--   location_kg, location_kg_low, location_kg_high: of the operation, location-based, with its bounds, kgCO2e
--   market_kg: of the operation, market-based, kgCO2e
--   embodied_kg: of the hardware, kgCO2e
--   unknown_location_calls, unknown_market_calls, unknown_embodied_calls: calls that the sum leaves out
SELECT
    line.1 AS scope,
    line.2 AS category,
    c.month AS month,
    c.tenant AS tenant,
    c.cost_center AS cost_center,
    c.provider AS provider,
    c.model AS model,
    c.region AS region,
    c.zone AS zone,
    sum(c.calls) AS calls,
    sumIf(c.energy_wh, line.3) / 1000 AS energy_kwh,
    sumIf(c.co2e_g, line.3) / 1000 AS location_kg,
    sumIf(c.co2e_g_low, line.3) / 1000 AS location_kg_low,
    sumIf(c.co2e_g_high, line.3) / 1000 AS location_kg_high,
    sumIf(c.co2e_market_g, line.3) / 1000 AS market_kg,
    sumIf(c.embodied_g, line.4) / 1000 AS embodied_kg,
    sumIf(c.unknown_co2e_calls, line.3) AS unknown_location_calls,
    sumIf(c.unknown_market_calls, line.3) AS unknown_market_calls,
    sumIf(c.unknown_embodied_calls, line.4) AS unknown_embodied_calls
FROM
(
    SELECT
        if(has({by:Array(String)}, 'month'), formatDateTime(toTimeZone(ts, {timezone:String}), '%Y-%m'), '') AS month,
        if(has({by:Array(String)}, 'tenant'), tenant_id, '') AS tenant,
        if(has({by:Array(String)}, 'cost_center'), d.cost_center, '') AS cost_center,
        if(has({by:Array(String)}, 'provider'), d.provider, '') AS provider,
        if(has({by:Array(String)}, 'model'), d.model, '') AS model,
        if(has({by:Array(String)}, 'region'), cloud_region, '') AS region,
        if(has({by:Array(String)}, 'zone'), d.zone, '') AS zone,
        energy_method = 'measured'
            OR has({own_providers:Array(String)}, d.provider)
            OR has({own_hosts:Array(String)}, host_name) AS own,
        sum(d.calls) AS calls,
        sum(d.energy_wh) AS energy_wh,
        sum(d.co2e_g) AS co2e_g,
        sum(d.co2e_g_low) AS co2e_g_low,
        sum(d.co2e_g_high) AS co2e_g_high,
        sum(d.co2e_market_g) AS co2e_market_g,
        sum(d.embodied_g) AS embodied_g,
        sumIf(d.calls, d.co2e_g IS NULL) AS unknown_co2e_calls,
        sumIf(d.calls, d.co2e_market_g IS NULL) AS unknown_market_calls,
        sumIf(d.calls, d.embodied_g IS NULL) AS unknown_embodied_calls
    FROM drawn_energy AS d
    WHERE ts >= {from:DateTime64(9, 'UTC')}
        AND ts < {to:DateTime64(9, 'UTC')}
    GROUP BY ALL
) AS c
-- (scope, category, whether operation is part of it, whether hardware is)
ARRAY JOIN if(
    c.own,
    [('Scope 2', 'electricity of own or leased machines', true, false),
     ('Scope 3', 'category 2: own or leased hardware', false, true)],
    [('Scope 3', 'category 1: purchased API use', true, true)]) AS line
GROUP BY ALL
ORDER BY scope, category, month, location_kg DESC NULLS LAST, tenant, model

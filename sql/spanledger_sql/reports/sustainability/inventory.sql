-- Emissions of what a page shows by the GHG Protocol's scopes and categories, Scope 2 location- and market-based side by
-- side. What is own, and what each scope holds, is as in the report carbon/ghg.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): as the ledger was then
--   own_providers, own_hosts Array(String): as calls have them (`provider`, `host_name`)
-- Columns:
--   scope: `Scope 2` or `Scope 3`
--   category: of the scope
--   calls: counted ones
--   energy_kwh: of the operation, PUE included, kWh; NULL where the row holds none; so of all sums
--   location_kg, location_kg_low, location_kg_high: of the operation, location-based, with its 90 % interval, kgCO2e
--   market_kg: of the operation, market-based, kgCO2e
--   contract_calls: calls whose market-based figure rests on an imported contract; the others' is the location-based one
--   contract_kwh: their energy, kWh
--   embodied_kg: of the hardware, kgCO2e
--   water_l: on site and at the power plants, l
--   unknown_location_calls, unknown_market_calls, unknown_embodied_calls, unknown_water_calls: calls that the sum leaves
--     out
WITH
    groups AS
    (
        SELECT
            c.energy_method = 'measured'
                OR has({own_providers:Array(String)}, c.provider)
                OR has({own_hosts:Array(String)}, c.host_name) AS is_own,
            sum(c.calls) AS calls,
            sum(c.co2e_market_g) AS co2e_market_g,
            sum(c.embodied_g) AS embodied_g,
            sum(c.water_ml) AS water_ml,
            sumIf(c.least_calls, c.market_source NOT IN ('', 'location-based intensity')) AS contract_calls,
            sumIf(c.energy_wh, c.market_source NOT IN ('', 'location-based intensity')) AS contract_wh,
            sumIf(c.least_calls, c.co2e_g IS NULL) AS unknown_co2e_calls,
            sumIf(c.least_calls, c.co2e_market_g IS NULL) AS unknown_market_calls,
            sumIf(c.least_calls, c.embodied_g IS NULL) AS unknown_embodied_calls,
            sumIf(c.least_calls, c.water_ml IS NULL) AS unknown_water_calls,
            {{group_sums}}
        FROM drawn_hours(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}, moment = {moment:DateTime64(6, 'UTC')},
            grain = 'period', timezone = 'UTC', told = if(empty({own_hosts:Array(String)}), [{own:String}], [{own:String}, 'host'])) AS c
        WHERE {{asked_for}}
        GROUP BY ALL
    ),
    {{expected_groups}},
    summed AS
    (
        SELECT
            is_own,
            sum(e.calls) AS calls,
            sum(e.co2e_market_g) AS co2e_market_g,
            sum(e.embodied_g) AS embodied_g,
            sum(e.water_ml) AS water_ml,
            sum(e.contract_calls) AS contract_calls,
            sum(e.contract_wh) AS contract_wh,
            sum(e.unknown_co2e_calls) AS unknown_co2e_calls,
            sum(e.unknown_market_calls) AS unknown_market_calls,
            sum(e.unknown_embodied_calls) AS unknown_embodied_calls,
            sum(e.unknown_water_calls) AS unknown_water_calls,
            {{uncertain_sums}}
        FROM expected AS e
        GROUP BY is_own
    ),
    {{interval}}
SELECT
    line.1 AS scope,
    line.2 AS category,
    calls,
    if(line.3, energy_wh / 1000, NULL) AS energy_kwh,
    if(line.3, co2e_g / 1000, NULL) AS location_kg,
    if(line.3, g_low / 1000, NULL) AS location_kg_low,
    if(line.3, g_high / 1000, NULL) AS location_kg_high,
    if(line.3, co2e_market_g / 1000, NULL) AS market_kg,
    if(line.3, summed.contract_calls, 0) AS contract_calls,
    if(line.3, contract_wh / 1000, NULL) AS contract_kwh,
    if(line.4, embodied_g / 1000, NULL) AS embodied_kg,
    if(line.3, water_ml / 1000, NULL) AS water_l,
    if(line.3, unknown_co2e_calls, 0) AS unknown_location_calls,
    if(line.3, summed.unknown_market_calls, 0) AS unknown_market_calls,
    if(line.4, summed.unknown_embodied_calls, 0) AS unknown_embodied_calls,
    if(line.3, summed.unknown_water_calls, 0) AS unknown_water_calls
FROM summed
-- (scope, category, whether operation is part of it, whether hardware is)
ARRAY JOIN if(
    is_own,
    [('Scope 2', 'electricity of own or leased machines', true, false),
     ('Scope 3', 'category 2: own or leased hardware', false, true)],
    [('Scope 3', 'category 1: purchased API use', true, true)]) AS line
ORDER BY scope, category

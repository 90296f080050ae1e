-- What the calls of a period and idle metered hosts drew and emitted in all, with the 90 % interval of both.
--
-- Emissions are location-based and operational; embodied ones stand apart and are never netted. Calls of unknown energy are
-- counted, never taken as zero. Figures are NULL when no call has one.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): as the ledger was then
-- Columns:
--   calls: counted ones
--   unknown_energy_calls, unknown_co2e_calls: of them, without a known energy, without known emissions
--   energy_wh, energy_wh_low, energy_wh_high: Wh at the facility, with its 90 % interval
--   idle_wh: of it, drawn by metered hosts while no call ran
--   co2e_g, co2e_g_low, co2e_g_high: location-based, with its 90 % interval, gCO2e
--   co2e_factor: how many times the interval's middle its high is, and is the middle its low
--   co2e_because: the largest parts of the variance of co2e_g, by cause, %
--   method_variance, serving_variance, model_variance, input_variance, overhead_variance, meters_variance,
--     grid_variance, calls_variance: parts of that variance by cause, 0 to 1
--   embodied_g: of the hardware, gCO2e
--   unknown_embodied_calls: calls that embodied_g leaves out
--   co2e_market_g: market-based, gCO2e
--   unknown_market_calls: calls that co2e_market_g leaves out
--   contract_calls: calls whose market-based figure rests on an imported contract; the others' is the location-based one
--   water_ml: on site and at the power plants, mL
--   unknown_water_calls: calls that water_ml leaves out
--   intensity_g_per_kwh: mean weighted by energy, gCO2e/kWh
--   co2e_g_per_1k_calls: gCO2e per 1,000 calls with a figure
WITH
    groups AS
    (
        SELECT
            sum(c.calls) AS calls,
            sumIf(c.least_calls, c.energy_wh IS NULL) AS unknown_energy_calls,
            sumIf(c.least_calls, c.co2e_g IS NULL) AS unknown_co2e_calls,
            sumIf(c.energy_wh, c.operation = 'idle') AS idle_wh,
            sumIf(c.energy_wh, c.co2e_g IS NOT NULL) AS energy_wh_of_co2e,
            sumIf(c.co2e_g, c.operation != 'idle') AS co2e_g_of_calls,
            sum(c.embodied_g) AS embodied_g,
            sumIf(c.least_calls, c.embodied_g IS NULL) AS unknown_embodied_calls,
            sum(c.co2e_market_g) AS co2e_market_g,
            sumIf(c.least_calls, c.co2e_market_g IS NULL) AS unknown_market_calls,
            sumIf(c.least_calls, c.market_source NOT IN ('', 'location-based intensity')) AS contract_calls,
            sum(c.water_ml) AS water_ml,
            sumIf(c.least_calls, c.water_ml IS NULL) AS unknown_water_calls,
            {{group_sums}}
        FROM drawn_hours({{what_is_asked_for}}, grain = 'period', timezone = 'UTC') AS c
        WHERE {{asked_for}}
        GROUP BY ALL
    ),
    {{expected_groups}},
    summed AS
    (
        SELECT
            sum(e.calls) AS calls,
            sum(e.unknown_energy_calls) AS unknown_energy_calls,
            sum(e.unknown_co2e_calls) AS unknown_co2e_calls,
            sum(e.idle_wh) AS idle_wh,
            sum(e.energy_wh_of_co2e) AS energy_wh_of_co2e,
            sum(e.co2e_g_of_calls) AS co2e_g_of_calls,
            sum(e.embodied_g) AS embodied_g,
            sum(e.unknown_embodied_calls) AS unknown_embodied_calls,
            sum(e.co2e_market_g) AS co2e_market_g,
            sum(e.unknown_market_calls) AS unknown_market_calls,
            sum(e.contract_calls) AS contract_calls,
            sum(e.water_ml) AS water_ml,
            sum(e.unknown_water_calls) AS unknown_water_calls,
            {{uncertain_sums}}
        FROM expected AS e
    ),
    {{interval}}
SELECT
    calls,
    unknown_energy_calls,
    unknown_co2e_calls,
    energy_wh,
    wh_low AS energy_wh_low,
    wh_high AS energy_wh_high,
    idle_wh,
    co2e_g,
    g_low AS co2e_g_low,
    g_high AS co2e_g_high,
    if(g_sigma > 0, g_factor, NULL) AS co2e_factor,
    g_because AS co2e_because,
    g_method / nullIf(g_all, 0) AS method_variance,
    g_serving / nullIf(g_all, 0) AS serving_variance,
    g_model / nullIf(g_all, 0) AS model_variance,
    g_input / nullIf(g_all, 0) AS input_variance,
    g_overhead / nullIf(g_all, 0) AS overhead_variance,
    g_meters / nullIf(g_all, 0) AS meters_variance,
    g_grid / nullIf(g_all, 0) AS grid_variance,
    g_calls / nullIf(g_all, 0) AS calls_variance,
    embodied_g,
    unknown_embodied_calls,
    co2e_market_g,
    unknown_market_calls,
    contract_calls,
    water_ml,
    unknown_water_calls,
    co2e_g / nullIf(energy_wh_of_co2e, 0) * 1000 AS intensity_g_per_kwh,
    co2e_g_of_calls / nullIf(calls - unknown_co2e_calls, 0) * 1000 AS co2e_g_per_1k_calls
FROM summed

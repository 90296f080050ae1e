-- What the calls of a period drew and emitted in all, with the range of both.
--
-- Emissions are location-based and operational; embodied ones stand apart and are never netted. The bounds add up the
-- calls' own bounds, as if all erred the same way. Calls of unknown energy are counted, never taken as zero. Figures are
-- NULL when no call has one.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   moment DateTime64(6, 'UTC'): as the ledger was then
-- Columns:
--   calls: counted ones
--   unknown_energy_calls, unknown_co2e_calls: of them, without a known energy, without known emissions
--   energy_wh, energy_wh_low, energy_wh_high: Wh at the facility, with its bounds
--   co2e_g, co2e_g_low, co2e_g_high: location-based, with its bounds, gCO2e
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
    selected AS
    (
        SELECT *
        FROM calls_at(moment = {moment:DateTime64(6, 'UTC')})
        WHERE {{asked_for}}
    )
SELECT
    sum(known_calls) AS calls,
    sumIf(least_calls, s.energy_wh IS NULL) AS unknown_energy_calls,
    sumIf(least_calls, s.co2e_g IS NULL) AS unknown_co2e_calls,
    sum(s.energy_wh) AS energy_wh,
    sum(s.energy_wh_low) AS energy_wh_low,
    sum(s.energy_wh_high) AS energy_wh_high,
    sum(s.co2e_g) AS co2e_g,
    sum(s.co2e_g_low) AS co2e_g_low,
    sum(s.co2e_g_high) AS co2e_g_high,
    sum(s.embodied_g) AS embodied_g,
    sumIf(least_calls, s.embodied_g IS NULL) AS unknown_embodied_calls,
    sum(s.co2e_market_g) AS co2e_market_g,
    sumIf(least_calls, s.co2e_market_g IS NULL) AS unknown_market_calls,
    sumIf(least_calls, s.market_source NOT IN ('', 'location-based intensity')) AS contract_calls,
    sum(s.water_ml) AS water_ml,
    sumIf(least_calls, s.water_ml IS NULL) AS unknown_water_calls,
    co2e_g / nullIf(sumIf(s.energy_wh, s.co2e_g IS NOT NULL), 0) * 1000 AS intensity_g_per_kwh,
    co2e_g / nullIf(calls - unknown_co2e_calls, 0) * 1000 AS co2e_g_per_1k_calls
FROM selected AS s

-- What each tenant, model, grid zone or value of one's own drew and emitted, the largest emissions first.
--
-- The largest names keep their own row, the others are summed into '(all others)'; '(unattributed)' always has a row
-- of its own. These two come last.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   moment DateTime64(6, 'UTC'): as the ledger was then
--   dimension String: `tenant`, `model`, `zone`, or `own` for the dimension of one's own
--   names UInt16: how many names keep a row
-- Columns:
--   name: of the dimension
--   names: how many names the row sums
--   calls: counted ones
--   unknown_co2e_calls: of them, without known emissions
--   output_tokens: sum
--   energy_wh: Wh at the facility, sum of what is known
--   co2e_g, co2e_g_low, co2e_g_high: of the operation, location-based, with its bounds, gCO2e
--   embodied_g: of the hardware, gCO2e
--   intensity_g_per_kwh: mean weighted by energy, gCO2e/kWh
--   co2e_g_per_1k_calls: gCO2e per 1,000 calls with a figure
WITH
    selected AS
    (
        SELECT
            if({dimension:String} = 'own', {{own_name}}, multiIf(
                {dimension:String} = 'tenant', if(tenant_id = '', '(unattributed)', tenant_id),
                {dimension:String} = 'model', if(model = '', '(unknown model)', model),
                if(zone = '', '(unknown zone)', zone)
            )) AS name,
            output_tokens,
            energy_wh,
            co2e_g,
            co2e_g_low,
            co2e_g_high,
            embodied_g,
            known_calls,
            least_calls
        FROM calls_at(moment = {moment:DateTime64(6, 'UTC')})
        WHERE {{asked_for}}
    ),
    largest AS
    (
        SELECT name
        FROM selected
        WHERE name != '(unattributed)'
        GROUP BY name
        ORDER BY
            sum(co2e_g) DESC NULLS LAST,
            sum(known_calls) DESC,
            name
        LIMIT {names:UInt16}
    )
SELECT
    if(s.name = '(unattributed)' OR s.name IN (SELECT name FROM largest), s.name, '(all others)') AS name,
    uniqExact(s.name) AS names,
    sum(known_calls) AS calls,
    sumIf(least_calls, s.co2e_g IS NULL) AS unknown_co2e_calls,
    sum(s.output_tokens) AS output_tokens,
    sum(s.energy_wh) AS energy_wh,
    sum(s.co2e_g) AS co2e_g,
    sum(s.co2e_g_low) AS co2e_g_low,
    sum(s.co2e_g_high) AS co2e_g_high,
    sum(s.embodied_g) AS embodied_g,
    co2e_g / nullIf(sumIf(s.energy_wh, s.co2e_g IS NOT NULL), 0) * 1000 AS intensity_g_per_kwh,
    co2e_g / nullIf(calls - unknown_co2e_calls, 0) * 1000 AS co2e_g_per_1k_calls
FROM selected AS s
GROUP BY name
ORDER BY
    name = '(unattributed)',
    name = '(all others)',
    co2e_g DESC NULLS LAST,
    calls DESC,
    name

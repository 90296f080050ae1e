-- What each tenant, model, grid zone or value of one's own drew and emitted, the largest emissions first.
--
-- The largest names keep their own row, the others are summed into '(all others)'; '(unattributed)' always has a row
-- of its own, as has what idle metered hosts drew, '(idle)'. These come last.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
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
--   co2e_g, co2e_g_low, co2e_g_high: of the operation, location-based, with its 90 % interval, gCO2e
--   embodied_g: of the hardware, gCO2e
--   intensity_g_per_kwh: mean weighted by energy, gCO2e/kWh
--   co2e_g_per_1k_calls: gCO2e per 1,000 calls with a figure
WITH
    groups AS
    (
        SELECT
            if({dimension:String} = 'own', if(c.operation = 'idle', '(idle)', {{own_name}}), multiIf(
                {dimension:String} = 'tenant', if(c.tenant_id = '', '(unattributed)', c.tenant_id),
                {dimension:String} = 'zone', if(c.zone = '', '(unknown zone)', c.zone),
                c.operation = 'idle', '(idle)',
                c.model = '', '(unknown model)',
                c.model
            )) AS name,
            sum(c.calls) AS calls,
            sumIf(c.least_calls, c.co2e_g IS NULL) AS unknown_co2e_calls,
            sum(c.output_tokens) AS output_tokens,
            sumIf(c.energy_wh, c.co2e_g IS NOT NULL) AS energy_wh_of_co2e,
            sumIf(c.co2e_g, c.operation != 'idle') AS co2e_g_of_calls,
            sum(c.embodied_g) AS embodied_g,
            {{group_sums}}
        FROM drawn_energy_at(moment = {moment:DateTime64(6, 'UTC')}) AS c
        WHERE {{asked_for}}
        GROUP BY ALL
    ),
    {{expected_groups}},
    -- The largest names first; those that keep a row have their own.
    ranked AS
    (
        SELECT
            *,
            sum(group_g) OVER (PARTITION BY name) AS name_g,
            sum(calls) OVER (PARTITION BY name) AS name_calls,
            name IN ('(unattributed)', '(idle)') AS apart
        FROM expected
    ),
    placed AS
    (
        SELECT
            *,
            dense_rank() OVER (ORDER BY apart, name_g DESC NULLS LAST, name_calls DESC, name) AS place
        FROM ranked
    ),
    summed AS
    (
        SELECT
            if(e.apart OR e.place <= {names:UInt16}, e.name, '(all others)') AS shown,
            uniqExact(e.name) AS names,
            sum(e.calls) AS calls,
            sum(e.unknown_co2e_calls) AS unknown_co2e_calls,
            sum(e.output_tokens) AS output_tokens,
            sum(e.energy_wh_of_co2e) AS energy_wh_of_co2e,
            sum(e.co2e_g_of_calls) AS co2e_g_of_calls,
            sum(e.embodied_g) AS embodied_g,
            {{uncertain_sums}}
        FROM placed AS e
        GROUP BY shown
    ),
    {{interval}}
SELECT
    shown AS name,
    names,
    calls,
    unknown_co2e_calls,
    output_tokens,
    energy_wh,
    co2e_g,
    g_low AS co2e_g_low,
    g_high AS co2e_g_high,
    embodied_g,
    co2e_g / nullIf(energy_wh_of_co2e, 0) * 1000 AS intensity_g_per_kwh,
    co2e_g_of_calls / nullIf(calls - unknown_co2e_calls, 0) * 1000 AS co2e_g_per_1k_calls
FROM summed
ORDER BY
    name = '(unattributed)',
    name = '(idle)',
    name = '(all others)',
    co2e_g DESC NULLS LAST,
    calls DESC,
    name

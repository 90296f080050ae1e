-- What each tenant, model, feature, grid zone or value of another dimension drew and emitted, the largest emissions first.
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
--   dimension String: `tenant`, `model`, `zone`, `feature`, `cost_center`, `environment`, `service`, `workflow`, `provider`, or
--     `own` for the dimension of one's own
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
--   co2e_factor: how many times the interval's middle its high is, and is the middle its low
--   co2e_because: the largest parts of the variance of co2e_g, by cause, %
--   measured_share, modelled_share, proxy_share: of the known energy, 0 to 1, what was got that way
WITH
    groups AS
    (
        SELECT
            if({dimension:String} = 'own', if(c.operation = 'idle', '(idle)', {{own_name}}), multiIf(
                {dimension:String} = 'tenant', if(c.tenant_id = '', '(unattributed)', c.tenant_id),
                {dimension:String} = 'zone', if(c.zone = '', '(unknown zone)', c.zone),
                c.operation = 'idle', '(idle)',
                {dimension:String} = 'feature', if(c.feature = '', '(no feature)', c.feature),
                {dimension:String} = 'cost_center', if(c.cost_center = '', '(no cost centre)', c.cost_center),
                {dimension:String} = 'environment', if(c.environment = '', '(no environment)', c.environment),
                {dimension:String} = 'service', if(c.service_name = '', '(no service)', c.service_name),
                {dimension:String} = 'workflow', if(c.workflow = '', '(no workflow)', c.workflow),
                {dimension:String} = 'provider', if(c.provider = '', '(unknown provider)', c.provider),
                c.model = '', '(unknown model)',
                c.model
            )) AS name,
            sum(c.calls) AS calls,
            sumIf(c.least_calls, c.co2e_g IS NULL) AS unknown_co2e_calls,
            sum(c.output_tokens) AS output_tokens,
            sumIf(c.energy_wh, c.co2e_g IS NOT NULL) AS energy_wh_of_co2e,
            sumIf(c.co2e_g, c.operation != 'idle') AS co2e_g_of_calls,
            sum(c.embodied_g) AS embodied_g,
            ifNull(sumIf(c.energy_wh, c.energy_method = 'measured'), 0) AS measured_wh,
            ifNull(sumIf(c.energy_wh, c.energy_method = 'modelled'), 0) AS modelled_wh,
            ifNull(sumIf(c.energy_wh, c.energy_method = 'proxy'), 0) AS proxy_wh,
            {{group_sums}}
        FROM drawn_hours({{what_is_asked_for}}, grain = 'period', timezone = 'UTC') AS c
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
            sum(e.measured_wh) AS measured_wh,
            sum(e.modelled_wh) AS modelled_wh,
            sum(e.proxy_wh) AS proxy_wh,
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
    co2e_g_of_calls / nullIf(calls - unknown_co2e_calls, 0) * 1000 AS co2e_g_per_1k_calls,
    if(g_sigma > 0, g_factor, NULL) AS co2e_factor,
    g_because AS co2e_because,
    measured_wh / nullIf(energy_wh, 0) AS measured_share,
    modelled_wh / nullIf(energy_wh, 0) AS modelled_share,
    proxy_wh / nullIf(energy_wh, 0) AS proxy_share
FROM summed
ORDER BY
    name = '(unattributed)',
    name = '(idle)',
    name = '(all others)',
    co2e_g DESC NULLS LAST,
    calls DESC,
    name

-- Energy and emissions by the dimensions asked for, how uncertain they are, and what they rest on.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   by Array(String): any of month, day, hour, hour_of_day, tenant, cost_center, environment, service, feature,
--     workflow, user, provider, model, operation, region, zone, energy_method, intensity_resolution; the others are
--     folded into ''; and (whole): the first row is of all the others
--   custom Array(String): names of dimensions of one's own, as `attribution(name=...)` says them
--   where_names, where_values Array(String): only calls whose dimensions of one's own have these values
--   timezone String: of the times
-- Columns:
--   month, day, hour, hour_of_day: of the call's start, in the time zone; '' where not asked for; an hour has its offset
--   tenant, cost_center, environment, service, feature, workflow, user, provider, model, operation, region, zone:
--     '' where not asked for
--   energy_method, intensity_resolution: likewise
--   custom: the values of the dimensions of one's own, in their order; '' where a call says none
--   calls: counted ones; 0 where a metered host's idle energy is all there is: `(idle)`, last
--   output_tokens: sum
--   energy_kwh, energy_kwh_low, energy_kwh_high: PUE included, with its 90 % interval, kWh; sum of what is known
--   co2e_kg, co2e_kg_low, co2e_kg_high: of the operation, location-based, with its 90 % interval, kgCO2e
--   co2e_factor: how many times the interval's middle its high is, and is the middle its low
--   co2e_because: the largest parts of the variance of co2e_kg, by cause, %
--   method_variance, serving_variance, model_variance, input_variance, overhead_variance, meters_variance,
--     grid_variance, calls_variance: parts of that variance, 0 to 1, that come of the method, of batch and load, of
--     models' parameters, of the energy of input, of the facility's overhead, of meters and own coefficients, of
--     intensities that are not of the hour, and of single calls
--   energy_kwh_least, energy_kwh_most, co2e_kg_least, co2e_kg_most: sums of the ends of the assumptions, as if all
--     calls erred the same way and as far as can be, kWh and kgCO2e
--   co2e_market_kg: of the operation, market-based, kgCO2e; beside the other, never netted
--   embodied_kg: of the hardware, kgCO2e
--   water_l: on site and at the power plants, l
--   unknown_energy_calls, unknown_co2e_calls, unknown_market_calls, unknown_embodied_calls, unknown_water_calls: calls
--     that the sum leaves out
--   measured_share, modelled_share, proxy_share: of the calls, 0 to 1, whose energy was got that way
--   hourly_share, filled_share, yearly_share: of the calls, 0 to 1, whose intensity is of their hour, filled in from
--     near hours, or a year's mean
WITH
    {{idle_or}},
    groups AS
    (
        SELECT
            parted,
            -- All that a row is told apart by, in the order of the columns: the engine plans each column of each step.
            (
                if(has({by:Array(String)}, 'month') AND parted,
                   formatDateTime(toTimeZone(c.ts, {timezone:String}), '%Y-%m'), ''),
                if(has({by:Array(String)}, 'day') AND parted, toString(toDate(toTimeZone(c.ts, {timezone:String}))), ''),
                -- With its offset: an hour of a clock that is put back comes twice.
                if(has({by:Array(String)}, 'hour') AND parted,
                   formatDateTime(toStartOfHour(toTimeZone(c.ts, {timezone:String})), '%Y-%m-%dT%H:%i%z'), ''),
                if(has({by:Array(String)}, 'hour_of_day') AND parted,
                   formatDateTime(toTimeZone(c.ts, {timezone:String}), '%H'), ''),
                if(has({by:Array(String)}, 'tenant') AND parted, c.tenant_id, ''),
                if(has({by:Array(String)}, 'cost_center') AND parted, idle_or(c.operation, c.cost_center), ''),
                if(has({by:Array(String)}, 'environment') AND parted, idle_or(c.operation, c.environment), ''),
                if(has({by:Array(String)}, 'service') AND parted, idle_or(c.operation, c.service_name), ''),
                if(has({by:Array(String)}, 'feature') AND parted, idle_or(c.operation, c.feature), ''),
                if(has({by:Array(String)}, 'workflow') AND parted, idle_or(c.operation, c.workflow), ''),
                if(has({by:Array(String)}, 'user') AND parted, idle_or(c.operation, c.user_id), ''),
                if(has({by:Array(String)}, 'provider') AND parted, idle_or(c.operation, c.provider), ''),
                if(has({by:Array(String)}, 'model') AND parted, idle_or(c.operation, c.model), ''),
                if(has({by:Array(String)}, 'operation') AND parted, c.operation, ''),
                if(has({by:Array(String)}, 'region') AND parted, c.cloud_region, ''),
                if(has({by:Array(String)}, 'zone') AND parted, c.zone, ''),
                if(has({by:Array(String)}, 'energy_method') AND parted, c.energy_method, ''),
                if(has({by:Array(String)}, 'intensity_resolution') AND parted,
                   c.intensity_resolution, ''),
                arrayMap(name -> if(parted, c.dimensions[name], ''), {custom:Array(String)})
            ) AS keys,
            c.energy_method AS found_by,
            min(toStartOfHour(toTimeZone(c.ts, {timezone:String}))) AS first_ts,
            sum(c.calls) AS calls,
            sum(c.output_tokens) AS output_tokens,
            sum(c.co2e_market_g) AS co2e_market_g,
            sum(c.embodied_g) AS embodied_g,
            sum(c.water_ml) AS water_ml,
            sumIf(c.calls, c.energy_wh IS NULL) AS unknown_energy_calls,
            sumIf(c.calls, c.co2e_g IS NULL) AS unknown_co2e_calls,
            sumIf(c.calls, c.co2e_market_g IS NULL) AS unknown_market_calls,
            sumIf(c.calls, c.embodied_g IS NULL) AS unknown_embodied_calls,
            sumIf(c.calls, c.water_ml IS NULL) AS unknown_water_calls,
            {{group_sums}}
        FROM drawn_hours({{what_is_told_apart}}) AS c
        -- Who asks for the whole besides pays for one plan, and its groups are those of a report by nothing.
        ARRAY JOIN if(has({by:Array(String)}, '(whole)'), [0, 1], [1]) AS parted
        WHERE c.ts >= {from:DateTime64(9, 'UTC')}
            AND c.ts < {to:DateTime64(9, 'UTC')}
            AND {{own_where}}
        GROUP BY ALL
    ),
    {{expected_groups}},
    summed AS
    (
        SELECT
            parted, keys,
            sum(e.calls) AS calls,
            sum(e.output_tokens) AS output_tokens,
            sum(e.co2e_market_g) / 1000 AS co2e_market_kg,
            sum(e.embodied_g) / 1000 AS embodied_kg,
            sum(e.water_ml) / 1000 AS water_l,
            sum(e.unknown_energy_calls) AS unknown_energy_calls,
            sum(e.unknown_co2e_calls) AS unknown_co2e_calls,
            sum(e.unknown_market_calls) AS unknown_market_calls,
            sum(e.unknown_embodied_calls) AS unknown_embodied_calls,
            sum(e.unknown_water_calls) AS unknown_water_calls,
            sumIf(e.calls, e.found_by = 'measured') / nullIf(sum(e.calls), 0) AS measured_share,
            sumIf(e.calls, e.found_by = 'modelled') / nullIf(sum(e.calls), 0) AS modelled_share,
            sumIf(e.calls, e.found_by = 'proxy') / nullIf(sum(e.calls), 0) AS proxy_share,
            sumIf(e.calls, e.of_resolution = 'hour') / nullIf(sum(e.calls), 0) AS hourly_share,
            sumIf(e.calls, e.of_resolution IN ('previous day', 'month')) / nullIf(sum(e.calls), 0) AS filled_share,
            sumIf(e.calls, e.of_resolution = 'year') / nullIf(sum(e.calls), 0) AS yearly_share,
            min(e.first_ts) AS first_ts,
            {{uncertain_sums}}
        FROM expected AS e
        GROUP BY parted, keys
    ),
    {{interval}}
SELECT
    keys.1 AS month, keys.2 AS day, keys.3 AS hour, keys.4 AS hour_of_day, keys.5 AS tenant, keys.6 AS cost_center,
    keys.7 AS environment, keys.8 AS service, keys.9 AS feature, keys.10 AS workflow, keys.11 AS user,
    keys.12 AS provider, keys.13 AS model, keys.14 AS operation, keys.15 AS region, keys.16 AS zone,
    keys.17 AS energy_method, keys.18 AS intensity_resolution, keys.19 AS custom,
    calls,
    output_tokens,
    energy_wh / 1000 AS energy_kwh,
    wh_low / 1000 AS energy_kwh_low,
    wh_high / 1000 AS energy_kwh_high,
    co2e_g / 1000 AS co2e_kg,
    g_low / 1000 AS co2e_kg_low,
    g_high / 1000 AS co2e_kg_high,
    if(g_sigma > 0, g_factor, NULL) AS co2e_factor,
    g_because AS co2e_because,
    co2e_market_kg,
    embodied_kg,
    water_l,
    unknown_energy_calls,
    unknown_co2e_calls,
    unknown_market_calls,
    unknown_embodied_calls,
    unknown_water_calls,
    measured_share,
    modelled_share,
    proxy_share,
    hourly_share,
    filled_share,
    yearly_share,
    g_method / nullIf(g_all, 0) AS method_variance,
    g_serving / nullIf(g_all, 0) AS serving_variance,
    g_model / nullIf(g_all, 0) AS model_variance,
    g_input / nullIf(g_all, 0) AS input_variance,
    g_overhead / nullIf(g_all, 0) AS overhead_variance,
    g_meters / nullIf(g_all, 0) AS meters_variance,
    g_grid / nullIf(g_all, 0) AS grid_variance,
    g_calls / nullIf(g_all, 0) AS calls_variance,
    energy_wh_least / 1000 AS energy_kwh_least,
    energy_wh_most / 1000 AS energy_kwh_most,
    co2e_g_least / 1000 AS co2e_kg_least,
    co2e_g_most / 1000 AS co2e_kg_most
FROM summed
ORDER BY
    parted, month, day, if(has({by:Array(String)}, 'hour'), first_ts, NULL), hour_of_day,
    -- What nobody caused is ranked with nobody.
    has([tenant, cost_center, environment, service, feature, workflow, user, provider, model], '(idle)'),
    co2e_kg DESC NULLS LAST, tenant, model, zone

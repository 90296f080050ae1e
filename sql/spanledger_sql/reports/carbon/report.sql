-- Energy and emissions by the dimensions asked for, with their bounds, and what they rest on.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   by Array(String): any of month, day, hour, hour_of_day, tenant, cost_center, environment, service, feature,
--     workflow, user, provider, model, operation, region, zone, energy_method, intensity_resolution; the others are
--     folded into ''
--   custom Array(String): names of dimensions of one's own, as `attribution(name=...)` says them
--   where_names, where_values Array(String): only calls whose dimensions of one's own have these values
--   timezone String: of the times
-- Columns:
--   month, day, hour, hour_of_day: of the call's start, in the time zone; '' where not asked for; an hour has its offset
--   tenant, cost_center, environment, service, feature, workflow, user, provider, model, operation, region, zone:
--     '' where not asked for
--   energy_method, intensity_resolution: likewise
--   custom: the values of the dimensions of one's own, in their order; '' where a call says none
--   calls: counted ones; 0 where a metered host's idle energy is all there is
--   output_tokens: sum
--   energy_kwh, energy_kwh_low, energy_kwh_high: PUE included, with its bounds, kWh; sum of what is known
--   co2e_kg, co2e_kg_low, co2e_kg_high: of the operation, location-based, with its bounds, kgCO2e
--   co2e_market_kg: of the operation, market-based, kgCO2e; beside the other, never netted
--   embodied_kg: of the hardware, kgCO2e
--   water_l: on site and at the power plants, l
--   unknown_energy_calls, unknown_co2e_calls, unknown_market_calls, unknown_embodied_calls, unknown_water_calls: calls
--     that the sum leaves out
--   measured_share, modelled_share, proxy_share: of the calls, 0 to 1, whose energy was got that way
--   hourly_share, filled_share, yearly_share: of the calls, 0 to 1, whose intensity is of their hour, filled in from
--     near hours, or a year's mean
SELECT
    if(has({by:Array(String)}, 'month'), formatDateTime(toTimeZone(c.ts, {timezone:String}), '%Y-%m'), '') AS month,
    if(has({by:Array(String)}, 'day'), toString(toDate(toTimeZone(c.ts, {timezone:String}))), '') AS day,
    -- With its offset: an hour of a clock that is put back comes twice.
    if(has({by:Array(String)}, 'hour'),
       formatDateTime(toStartOfHour(toTimeZone(c.ts, {timezone:String})), '%Y-%m-%dT%H:%i%z'), '') AS hour,
    if(has({by:Array(String)}, 'hour_of_day'),
       formatDateTime(toTimeZone(c.ts, {timezone:String}), '%H'), '') AS hour_of_day,
    if(has({by:Array(String)}, 'tenant'), c.tenant_id, '') AS tenant,
    if(has({by:Array(String)}, 'cost_center'), c.cost_center, '') AS cost_center,
    if(has({by:Array(String)}, 'environment'), c.environment, '') AS environment,
    if(has({by:Array(String)}, 'service'), c.service_name, '') AS service,
    if(has({by:Array(String)}, 'feature'), c.feature, '') AS feature,
    if(has({by:Array(String)}, 'workflow'), c.workflow, '') AS workflow,
    if(has({by:Array(String)}, 'user'), c.user_id, '') AS user,
    if(has({by:Array(String)}, 'provider'), c.provider, '') AS provider,
    if(has({by:Array(String)}, 'model'), c.model, '') AS model,
    if(has({by:Array(String)}, 'operation'), c.operation, '') AS operation,
    if(has({by:Array(String)}, 'region'), c.cloud_region, '') AS region,
    if(has({by:Array(String)}, 'zone'), c.zone, '') AS zone,
    if(has({by:Array(String)}, 'energy_method'), c.energy_method, '') AS energy_method,
    if(has({by:Array(String)}, 'intensity_resolution'), c.intensity_resolution, '') AS intensity_resolution,
    arrayMap(name -> c.dimensions[name], {custom:Array(String)}) AS custom,
    sum(c.calls) AS calls,
    sum(c.output_tokens) AS output_tokens,
    sum(c.energy_wh) / 1000 AS energy_kwh,
    sum(c.energy_wh_low) / 1000 AS energy_kwh_low,
    sum(c.energy_wh_high) / 1000 AS energy_kwh_high,
    sum(c.co2e_g) / 1000 AS co2e_kg,
    sum(c.co2e_g_low) / 1000 AS co2e_kg_low,
    sum(c.co2e_g_high) / 1000 AS co2e_kg_high,
    sum(c.co2e_market_g) / 1000 AS co2e_market_kg,
    sum(c.embodied_g) / 1000 AS embodied_kg,
    sum(c.water_ml) / 1000 AS water_l,
    sumIf(c.calls, c.energy_wh IS NULL) AS unknown_energy_calls,
    sumIf(c.calls, c.co2e_g IS NULL) AS unknown_co2e_calls,
    sumIf(c.calls, c.co2e_market_g IS NULL) AS unknown_market_calls,
    sumIf(c.calls, c.embodied_g IS NULL) AS unknown_embodied_calls,
    sumIf(c.calls, c.water_ml IS NULL) AS unknown_water_calls,
    sumIf(c.calls, c.energy_method = 'measured') / nullIf(calls, 0) AS measured_share,
    sumIf(c.calls, c.energy_method = 'modelled') / nullIf(calls, 0) AS modelled_share,
    sumIf(c.calls, c.energy_method = 'proxy') / nullIf(calls, 0) AS proxy_share,
    sumIf(c.calls, c.intensity_resolution = 'hour') / nullIf(calls, 0) AS hourly_share,
    sumIf(c.calls, c.intensity_resolution IN ('previous day', 'month')) / nullIf(calls, 0) AS filled_share,
    sumIf(c.calls, c.intensity_resolution = 'year') / nullIf(calls, 0) AS yearly_share
FROM drawn_energy AS c
WHERE c.ts >= {from:DateTime64(9, 'UTC')}
    AND c.ts < {to:DateTime64(9, 'UTC')}
    AND (empty({where_names:Array(String)})
         OR arrayAll((name, value) -> c.dimensions[name] = value,
                     {where_names:Array(String)}, {where_values:Array(String)}))
GROUP BY ALL
ORDER BY
    month, day, if(has({by:Array(String)}, 'hour'), min(c.ts), NULL), hour_of_day,
    co2e_kg DESC NULLS LAST, tenant, model, zone

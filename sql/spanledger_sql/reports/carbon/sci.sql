-- Software Carbon Intensity (ISO/IEC 21031:2024): ((E x I) + M) / R, in gCO2e per unit.
--
-- E: energy of a call; I: the location-based intensity of its hour; M: its share of the hardware's emissions;
-- R: the functional units of the same calls. Market-based factors and offsets do not enter, as the standard demands.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   by Array(String): any of tenant, feature, workflow, service, environment, provider, model, region, zone; the others
--     are folded into ''
--   custom Array(String): names of dimensions of one's own, as `attribution(name=...)` says them
--   where_names, where_values Array(String): only calls whose dimensions of one's own have these values
--   unit String: `call`, `1000-tokens` (input and output), `user` or `session`
-- Columns:
--   tenant, feature, workflow, service, environment, provider, model, region, zone: '' where not asked for
--   custom: the values of the dimensions of one's own, in their order; '' where a call says none
--   calls: that make up the score
--   units: R
--   sci_g, sci_g_low, sci_g_high: gCO2e per unit, with the 90 % interval of E x I; M has none
--   operational_g: E x I of these calls, gCO2e
--   embodied_g: M of these calls, gCO2e
--   unknown_co2e_calls, unknown_embodied_calls: left out, since E, I or M is unknown
--   without_unit_calls: left out, since they name no user or session, or no tokens
WITH
    marked AS
    (
        SELECT
            * EXCEPT (calls),
            input_tokens + output_tokens AS tokens,
            {{uncached_of}} AS uncached_tokens,
            energy_wh * energy_wh AS energy_wh_squared,
            co2e_g * co2e_g AS co2e_g_squared,
            -- One tenant's users and sessions are not another's of the same name.
            (tenant_id, if({unit:String} = 'user', user_id, session_id)) AS named,
            multiIf(
                {unit:String} = 'call', known_calls > 0,
                {unit:String} = '1000-tokens', tokens > 0,
                named.2 != '') AS has_unit,
            co2e_g IS NOT NULL AND embodied_g IS NOT NULL AND has_unit AS scored,
            known_calls AS calls
        FROM calls AS c
        WHERE ts >= {from:DateTime64(9, 'UTC')}
            AND ts < {to:DateTime64(9, 'UTC')}
            AND {{own_where}}
    ),
    groups AS
    (
        SELECT
            if(has({by:Array(String)}, 'tenant'), c.tenant_id, '') AS tenant,
            if(has({by:Array(String)}, 'feature'), c.feature, '') AS feature,
            if(has({by:Array(String)}, 'workflow'), c.workflow, '') AS workflow,
            if(has({by:Array(String)}, 'service'), c.service_name, '') AS service,
            if(has({by:Array(String)}, 'environment'), c.environment, '') AS environment,
            if(has({by:Array(String)}, 'provider'), c.provider, '') AS provider,
            if(has({by:Array(String)}, 'model'), c.model, '') AS model,
            if(has({by:Array(String)}, 'region'), c.cloud_region, '') AS region,
            if(has({by:Array(String)}, 'zone'), c.zone, '') AS zone,
            arrayMap(name -> c.dimensions[name], {custom:Array(String)}) AS custom,
            c.scored AS scored,
            c.has_unit AS has_unit,
            sum(c.calls) AS calls,
            sum(c.tokens) AS tokens,
            groupUniqArrayIf(cityHash64(c.named), c.scored AND {unit:String} IN ('user', 'session')) AS named,
            sum(c.embodied_g) AS embodied_g,
            sumIf(c.least_calls, c.co2e_g IS NULL) AS unknown_co2e_calls,
            sumIf(c.least_calls, c.co2e_g IS NOT NULL AND c.embodied_g IS NULL) AS unknown_embodied_calls,
            sumIf(c.least_calls, c.co2e_g IS NOT NULL AND c.embodied_g IS NOT NULL AND NOT c.has_unit) AS without_unit_calls,
            {{group_sums}}
        FROM marked AS c
        GROUP BY ALL
    ),
    {{expected_groups}},
    -- What is not scored is counted, and in no sum.
    scored_groups AS
    (
        SELECT * REPLACE (
            if(scored, group_g, NULL) AS group_g,
            if(scored, expected_wh, 0) AS expected_wh,
            if(scored, expected_g, 0) AS expected_g,
            if(scored, spread_wh, 0) AS spread_wh,
            if(scored, spread_g, 0) AS spread_g
        )
        FROM expected
    ),
    summed AS
    (
        SELECT
            tenant, feature, workflow, service, environment, provider, model, region, zone, custom,
            sumIf(e.calls, e.scored) AS calls,
            sumIf(e.tokens, e.scored) AS tokens,
            length(groupUniqArrayArray(e.named)) AS named,
            sumIf(e.embodied_g, e.scored) AS embodied_g,
            sum(e.unknown_co2e_calls) AS unknown_co2e_calls,
            sum(e.unknown_embodied_calls) AS unknown_embodied_calls,
            sum(e.without_unit_calls) AS without_unit_calls,
            {{uncertain_sums}}
        FROM scored_groups AS e
        GROUP BY tenant, feature, workflow, service, environment, provider, model, region, zone, custom
    ),
    {{interval}}
SELECT
    tenant, feature, workflow, service, environment, provider, model, region, zone, custom,
    calls,
    multiIf(
        {unit:String} = 'call', toFloat64(calls),
        {unit:String} = '1000-tokens', tokens / 1000,
        toFloat64(named)) AS units,
    (co2e_g + embodied_g) / nullIf(units, 0) AS sci_g,
    (g_low + embodied_g) / nullIf(units, 0) AS sci_g_low,
    (g_high + embodied_g) / nullIf(units, 0) AS sci_g_high,
    co2e_g AS operational_g,
    embodied_g,
    unknown_co2e_calls,
    unknown_embodied_calls,
    without_unit_calls
FROM summed
ORDER BY sci_g DESC NULLS LAST, tenant, model, feature, custom

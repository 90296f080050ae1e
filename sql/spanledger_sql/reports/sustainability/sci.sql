-- Software Carbon Intensity (ISO/IEC 21031:2024) of the calls that a page shows: ((E x I) + M) / R, in gCO2e per unit.
--
-- E, I, M and R are those of the report carbon/sci, and so is which calls are scored.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): as the ledger was then
--   unit String: `call`, `1000-tokens` (input and output), `user` or `session`
-- Columns:
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
            -- One tenant's users and sessions are not another's of the same name.
            (tenant_id, if({unit:String} = 'user', user_id, session_id)) AS named,
            multiIf(
                {unit:String} = 'call', known_calls > 0,
                {unit:String} = '1000-tokens', tokens > 0,
                named.2 != '') AS has_unit,
            co2e_g IS NOT NULL AND embodied_g IS NOT NULL AND has_unit AS scored,
            known_calls AS calls
        -- Whose a call was, and whether it has tokens, no sum tells.
        FROM call_hours(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}, moment = {moment:DateTime64(6, 'UTC')},
            grain = 'period', timezone = 'UTC', told = if({unit:String} = 'call', [{own:String}], ['user', {own:String}])) AS c
        WHERE {{asked_for}}
    ),
    groups AS
    (
        SELECT
            c.scored AS scored,
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
            sumIf(e.calls, e.scored) AS calls,
            sumIf(e.tokens, e.scored) AS tokens,
            length(groupUniqArrayArray(e.named)) AS named,
            sumIf(e.embodied_g, e.scored) AS embodied_g,
            sum(e.unknown_co2e_calls) AS unknown_co2e_calls,
            sum(e.unknown_embodied_calls) AS unknown_embodied_calls,
            sum(e.without_unit_calls) AS without_unit_calls,
            {{uncertain_sums}}
        FROM scored_groups AS e
    ),
    {{interval}}
SELECT
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

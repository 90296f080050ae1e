-- By which method and entry the energy of a period's calls and idle hosts was got, with the entry's coefficients in force now.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   energy_bounds String: `envelope`, or `method`: then no other method bears on the bounds
-- Columns:
--   energy_method: `measured`, `modelled`, `proxy` or `unknown`
--   energy_id: the entry; '' where unknown
--   source: of the coefficients
--   role: `booked`, or `bounds` of an entry that nothing but the bounds rests on: it has no calls
--   models: of the calls
--   calls: counted ones
--   energy_wh: Wh at the facility, sum of what is known
--   wh_per_output_token_low, wh_per_output_token, wh_per_output_token_high: Wh per output token; all as in energy_model
--   wh_per_input_token_low, wh_per_input_token, wh_per_input_token_high: Wh per uncached input token
--   wh_per_cache_read_token_low, wh_per_cache_read_token, wh_per_cache_read_token_high: Wh per token read from the cache
--   wh_per_request_low, wh_per_request, wh_per_request_high: Wh per call
--   wh_per_second_low, wh_per_second_high: Wh less per second by which a call was shorter than modelled
--   seconds_per_output_token_low, seconds_per_output_token_high: modelled duration per output token, s
--   seconds_per_request: modelled duration before the first token, s
--   embodied_g_per_output_token, embodied_g_per_input_token, embodied_g_per_request: the hardware's share, gCO2e
--   embodied_g_per_second_low, embodied_g_per_second_high: the hardware's share less, per second by which a call was
--     shorter, gCO2e
--   pue_low, pue, pue_high: facility energy / IT energy that the figures contain
--   l_per_kwh_low, l_per_kwh, l_per_kwh_high: water on site per kWh at the facility, l
--   uncertainty: whose terms of uncertainty hold
--   parameters_sigma: what not knowing the model's parameters adds to them
WITH
    booked AS
    (
        SELECT
            energy_method,
            if(c.energy_wh IS NULL, '', c.energy_id) AS energy_id,
            arrayStringConcat(arraySort(groupUniqArrayIf(c.model, c.operation != 'idle')), ', ') AS models,
            sum(c.calls) AS calls,
            toFloat64(sum(toDecimal128(c.energy_wh, 12))) AS energy_wh
        FROM drawn_energy AS c
        WHERE c.ts >= {from:DateTime64(9, 'UTC')}
            AND c.ts < {to:DateTime64(9, 'UTC')}
        GROUP BY energy_method, energy_id
    ),
    -- The same model's entry by the other method, which the bounds take in.
    beside AS
    (
        SELECT
            energy_method,
            multiIf(
                startsWith(energy_id, 'token-aware/'), concat('ecologits', substring(energy_id, length('token-aware') + 1)),
                startsWith(energy_id, 'ecologits/'), concat('token-aware', substring(energy_id, length('ecologits') + 1)),
                startsWith(energy_id, 'proxy/') AND endsWith(energy_id, ', ecologits'),
                replaceOne(energy_id, ', ecologits', ''),
                startsWith(energy_id, 'proxy/'), concat(energy_id, ', ecologits'),
                '') AS energy_id,
            models
        FROM booked
        WHERE {energy_bounds:String} = 'envelope'
    )
SELECT
    used.energy_method AS energy_method,
    used.energy_id AS energy_id,
    ifNull(entry.source, '') AS source,
    used.role AS role,
    used.models AS models,
    used.calls AS calls,
    used.energy_wh AS energy_wh,
    entry.wh_per_output_token_low AS wh_per_output_token_low,
    entry.wh_per_output_token AS wh_per_output_token,
    entry.wh_per_output_token_high AS wh_per_output_token_high,
    entry.wh_per_input_token_low AS wh_per_input_token_low,
    entry.wh_per_input_token AS wh_per_input_token,
    entry.wh_per_input_token_high AS wh_per_input_token_high,
    entry.wh_per_cache_read_token_low AS wh_per_cache_read_token_low,
    entry.wh_per_cache_read_token AS wh_per_cache_read_token,
    entry.wh_per_cache_read_token_high AS wh_per_cache_read_token_high,
    entry.wh_per_request_low AS wh_per_request_low,
    entry.wh_per_request AS wh_per_request,
    entry.wh_per_request_high AS wh_per_request_high,
    entry.wh_per_second_low AS wh_per_second_low,
    entry.wh_per_second_high AS wh_per_second_high,
    entry.seconds_per_output_token_low AS seconds_per_output_token_low,
    entry.seconds_per_output_token_high AS seconds_per_output_token_high,
    entry.seconds_per_request AS seconds_per_request,
    entry.embodied_g_per_output_token AS embodied_g_per_output_token,
    entry.embodied_g_per_request AS embodied_g_per_request,
    entry.embodied_g_per_input_token AS embodied_g_per_input_token,
    entry.embodied_g_per_second_low AS embodied_g_per_second_low,
    entry.embodied_g_per_second_high AS embodied_g_per_second_high,
    entry.pue_low AS pue_low,
    entry.pue AS pue,
    entry.pue_high AS pue_high,
    entry.l_per_kwh_low AS l_per_kwh_low,
    entry.l_per_kwh AS l_per_kwh,
    entry.l_per_kwh_high AS l_per_kwh_high,
    ifNull(entry.uncertainty, '') AS uncertainty,
    entry.parameters_sigma AS parameters_sigma
FROM
(
    SELECT energy_method, energy_id, 'booked' AS role, models, calls, energy_wh FROM booked
    UNION ALL
    SELECT energy_method, energy_id, 'bounds' AS role, models, 0 AS calls, NULL AS energy_wh FROM beside WHERE energy_id != ''
) AS used
LEFT JOIN (SELECT * FROM energy_model FINAL) AS entry
    ON entry.energy_id = used.energy_id
ORDER BY energy_method, role DESC, energy_id

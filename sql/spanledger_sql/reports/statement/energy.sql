-- By which method and entry the energy of a period's calls was got.
-- Parameters: from, to DateTime64(9, 'UTC'): the half-open period.
-- Columns: energy_method; energy_id: '' where unknown; source: of the coefficients; models: of
--     the calls; calls; energy_wh: sum of what
--     is known; then the coefficients in force now, with their bounds, as energy_model has them.
SELECT
    used.energy_method AS energy_method,
    used.energy_id AS energy_id,
    ifNull(entry.source, '') AS source,
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
    entry.embodied_g_per_second_low AS embodied_g_per_second_low,
    entry.embodied_g_per_second_high AS embodied_g_per_second_high,
    entry.pue_low AS pue_low,
    entry.pue AS pue,
    entry.pue_high AS pue_high,
    entry.l_per_kwh_low AS l_per_kwh_low,
    entry.l_per_kwh AS l_per_kwh,
    entry.l_per_kwh_high AS l_per_kwh_high
FROM
(
    SELECT
        energy_method,
        if(c.energy_wh IS NULL, '', c.energy_id) AS energy_id,
        arrayStringConcat(arraySort(groupUniqArray(c.model)), ', ') AS models,
        count() AS calls,
        toFloat64(sum(toDecimal128(c.energy_wh, 12))) AS energy_wh
    FROM calls AS c
    WHERE c.ts >= {from:DateTime64(9, 'UTC')}
        AND c.ts < {to:DateTime64(9, 'UTC')}
    GROUP BY energy_method, energy_id
) AS used
LEFT JOIN (SELECT * FROM energy_model FINAL) AS entry
    ON entry.energy_id = used.energy_id
ORDER BY energy_method, energy_id

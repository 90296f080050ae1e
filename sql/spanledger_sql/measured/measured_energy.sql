-- Writes a new version of each call whose share of its host's measured energy is not what its row of the ledger says.
-- A call that was not measured before ran, as its host's samples show, on a machine of one's own, perhaps elsewhere: it
-- gets the place, intensities and water of that. Of one that was measured, these stay; everything that rests on the energy
-- follows. Costs never change. Doing it again changes nothing.
-- Parameters: computed Identifier: the calls as the ledger's stages reckon them now; version UInt64: of the rows written.
INSERT INTO ledger
WITH
    call.energy_method != 'measured' AS first,
    if(first, new.intensity_g_per_kwh, call.intensity_g_per_kwh) AS g_per_kwh,
    if(first, new.market_g_per_kwh, call.market_g_per_kwh) AS market_factor,
    if(first, new.water_l_per_kwh, call.water_l_per_kwh) AS litres
SELECT
    call.* REPLACE (
        new.energy_wh AS energy_wh,
        new.energy_wh_low AS energy_wh_low,
        new.energy_wh_high AS energy_wh_high,
        'measured' AS energy_method,
        new.energy_id AS energy_id,
        new.pue AS pue,
        if(first, new.zone, call.zone) AS zone,
        g_per_kwh AS intensity_g_per_kwh,
        if(first, new.intensity_source, call.intensity_source) AS intensity_source,
        if(first, new.intensity_resolution, call.intensity_resolution) AS intensity_resolution,
        market_factor AS market_g_per_kwh,
        if(first, new.market_source, call.market_source) AS market_source,
        litres AS water_l_per_kwh,
        new.energy_wh / 1000 * g_per_kwh AS co2e_g,
        new.energy_wh_low / 1000 * g_per_kwh AS co2e_g_low,
        new.energy_wh_high / 1000 * g_per_kwh AS co2e_g_high,
        new.energy_wh / 1000 * market_factor AS co2e_market_g,
        new.energy_wh * litres AS water_ml,
        {version:UInt64} AS version,
        now64(6, 'UTC') AS enriched_at
    )
FROM (SELECT * FROM ledger FINAL WHERE (trace_id, span_id) IN (SELECT trace_id, span_id FROM {computed:Identifier})) AS call
INNER JOIN (SELECT * FROM {computed:Identifier} WHERE energy_method = 'measured') AS new
    ON new.trace_id = call.trace_id AND new.span_id = call.span_id
WHERE first
    OR abs(call.energy_wh - new.energy_wh) > 1e-9 * new.energy_wh
    OR abs(call.energy_wh_low - new.energy_wh_low) > 1e-9 * new.energy_wh_low
    OR abs(call.energy_wh_high - new.energy_wh_high) > 1e-9 * new.energy_wh_high

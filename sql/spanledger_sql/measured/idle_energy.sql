-- Writes what the idle hours of hosts drew and emitted, from the shares of their samples and the places of stage 6.
-- Parameters: batch, places Identifier: the tables of stages 1 and 6; default_pue Float64: of hosts whose overhead nobody
--     gave, which lies between 1.1 and 1.8; version UInt64: of the rows written.
INSERT INTO idle_energy
(
    host_name, hour, tenant_id, idle_policy, cloud_region, zone, intensity_g_per_kwh, intensity_source,
    intensity_resolution, market_g_per_kwh, market_source, pue, energy_wh, energy_wh_low, energy_wh_high, co2e_g,
    co2e_g_low, co2e_g_high, co2e_market_g, water_ml, version
)
SELECT
    share.host_name,
    share.hour,
    share.tenant_id,
    share.policy,
    share.cloud_region,
    ifNull(place.zone, ''),
    place.g_per_kwh,
    ifNull(place.source, ''),
    ifNull(place.resolution, 'unknown'),
    place.market_g_per_kwh,
    ifNull(place.market_source, ''),
    coalesce(share.pue, place.pue, {default_pue:Float64}) AS overhead,
    share.wh * overhead AS energy,
    share.wh_low * coalesce(share.pue, place.pue_low, least(1.1, {default_pue:Float64})) AS energy_low,
    share.wh_high * coalesce(share.pue, place.pue_high, greatest(1.8, {default_pue:Float64})) AS energy_high,
    energy / 1000 * place.g_per_kwh,
    energy_low / 1000 * place.g_per_kwh,
    energy_high / 1000 * place.g_per_kwh,
    energy / 1000 * place.market_g_per_kwh,
    energy * (ifNull(place.l_per_kwh, 0) + place.grid_l_per_kwh),
    {version:UInt64}
FROM {batch:Identifier} AS idle
INNER JOIN (SELECT * FROM energy_share WHERE span_id = '') AS share
    ON share.host_name = idle.host_name AND share.hour = toDateTime(idle.ts, 'UTC')
LEFT JOIN {places:Identifier} AS place
    ON place.place_key = idle.place_key
SETTINGS join_use_nulls = 1

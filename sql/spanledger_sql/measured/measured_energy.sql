-- Writes a new version of each call whose share of its host's measured energy is not what its row of the ledger says.
-- Everything that rests on the energy follows with the row's own factors; nothing else changes. Doing it again
-- changes nothing.
-- Parameters: hosts Array(String), hours Array(DateTime('UTC')): the hosts' hours that were shared out anew;
--     default_pue Float64: of hosts whose data centre's overhead nobody gave; version UInt64: of the rows written.
INSERT INTO ledger
WITH
    allotted AS
    (
        SELECT
            share.trace_id AS trace_id,
            share.span_id AS span_id,
            any(share.host_name) AS host,
            sum(share.wh) AS host_wh,
            sum(share.wh_low) AS host_wh_low,
            sum(share.wh_high) AS host_wh_high,
            any(coalesce(share.pue, place.pue, {default_pue:Float64})) AS host_pue
        FROM
        (
            SELECT * FROM energy_share
            WHERE (trace_id, span_id) IN (
                SELECT trace_id, span_id FROM energy_allocation
                WHERE span_id != '' AND host_name IN {hosts:Array(String)} AND hour IN {hours:Array(DateTime('UTC'))}
            )
        ) AS share
        LEFT JOIN
        (
            SELECT call.trace_id AS trace_id, call.span_id AS span_id, facility.pue AS pue
            FROM (SELECT trace_id, span_id, provider, cloud_region FROM ledger FINAL
                  WHERE host_name IN {hosts:Array(String)}) AS call
            INNER JOIN facility
                ON facility.provider = call.provider AND facility.cloud_region = call.cloud_region
        ) AS place
            ON place.trace_id = share.trace_id AND place.span_id = share.span_id
        GROUP BY trace_id, span_id
    )
SELECT
    call.* REPLACE (
        share.host_wh * share.host_pue AS energy_wh,
        share.host_wh_low * share.host_pue AS energy_wh_low,
        share.host_wh_high * share.host_pue AS energy_wh_high,
        'measured' AS energy_method,
        concat('measured/', share.host) AS energy_id,
        share.host_pue AS pue,
        share.host_wh * share.host_pue / 1000 * call.intensity_g_per_kwh AS co2e_g,
        share.host_wh_low * share.host_pue / 1000 * call.intensity_g_per_kwh AS co2e_g_low,
        share.host_wh_high * share.host_pue / 1000 * call.intensity_g_per_kwh AS co2e_g_high,
        share.host_wh * share.host_pue / 1000 * call.market_g_per_kwh AS co2e_market_g,
        share.host_wh * share.host_pue * call.water_l_per_kwh AS water_ml,
        {version:UInt64} AS version,
        now64(6, 'UTC') AS enriched_at
    )
FROM (SELECT * FROM ledger FINAL WHERE (trace_id, span_id) IN (SELECT trace_id, span_id FROM allotted)) AS call
INNER JOIN (SELECT * FROM allotted) AS share
    ON share.trace_id = call.trace_id AND share.span_id = call.span_id
WHERE call.energy_method != 'measured'
    OR abs(call.energy_wh - share.host_wh * share.host_pue) > 1e-9 * (share.host_wh * share.host_pue)
    OR abs(call.energy_wh_high - share.host_wh_high * share.host_pue) > 1e-9 * (share.host_wh_high * share.host_pue)

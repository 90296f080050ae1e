-- What the samples of hosts say of calls: the latest sharing out of each host's hour, a call's share of an hour a row.
--
-- Columns:
--   host_name: what was measured
--   hour: its start, UTC
--   trace_id, span_id: the call; both empty for what no call got
--   ts: when the call started, UTC
--   tenant_id: whose idle energy is; else empty
--   cloud_region: where the host stands
--   samples, overlapping_samples: of the row's hour, and of these those of one name at one time
--   policy: how the host's idle energy is booked
--   wh, wh_low, wh_high: Wh at the host; central value and bounds
--   pue: of the place where the host stands; NULL where that is the provider's
-- Needs: energy_allocation, energy_host

CREATE OR REPLACE VIEW energy_share AS
SELECT
    allocation.host_name AS host_name,
    allocation.hour AS hour,
    allocation.trace_id AS trace_id,
    allocation.span_id AS span_id,
    allocation.ts AS ts,
    allocation.tenant_id AS tenant_id,
    allocation.cloud_region AS cloud_region,
    allocation.samples AS samples,
    allocation.overlapping_samples AS overlapping_samples,
    allocation.policy AS policy,
    allocation.wh AS wh,
    allocation.wh_low AS wh_low,
    allocation.wh_high AS wh_high,
    host.pue AS pue
FROM (SELECT * FROM energy_allocation FINAL) AS allocation
INNER JOIN
(
    SELECT host_name, hour, max(version) AS version
    FROM energy_allocation
    WHERE span_id = ''
    GROUP BY host_name, hour
) AS latest
    ON latest.host_name = allocation.host_name AND latest.hour = allocation.hour AND latest.version = allocation.version
LEFT JOIN (SELECT host_name, pue FROM energy_host FINAL) AS host
    ON host.host_name = allocation.host_name
SETTINGS join_use_nulls = 1;

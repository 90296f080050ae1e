-- Where the measured energy of each host went, by UTC hour.
--
-- Columns:
--   host_name: what was measured
--   hour: its start, UTC
--   served_wh: allotted to calls, Wh at the host
--   idle_wh: not allotted, Wh at the host
--   measured_wh: both together: what the host's samples of the hour sum to, Wh at the host
--   calls: that were allotted some of it
--   idle_policy: how the idle energy was booked
--   idle_tenant: whose the idle energy is; '' where nobody's
--   cloud_region: where the host stands
-- Needs: energy_allocation

CREATE OR REPLACE VIEW energy_by_host AS
SELECT
    allocation.host_name AS host_name,
    allocation.hour AS hour,
    sumIf(allocation.wh, allocation.span_id != '') AS served_wh,
    sumIf(allocation.wh, allocation.span_id = '') AS idle_wh,
    served_wh + idle_wh AS measured_wh,
    countIf(allocation.span_id != '') AS calls,
    anyIf(allocation.policy, allocation.span_id = '') AS idle_policy,
    anyIf(allocation.tenant_id, allocation.span_id = '') AS idle_tenant,
    anyIf(allocation.cloud_region, allocation.span_id = '') AS cloud_region
FROM (SELECT * FROM energy_allocation FINAL) AS allocation
INNER JOIN (SELECT host_name, hour, max(version) AS version FROM energy_allocation WHERE span_id = '' GROUP BY host_name, hour) AS latest
    ON latest.host_name = allocation.host_name AND latest.hour = allocation.hour AND latest.version = allocation.version
GROUP BY host_name, hour;

-- Where the measured energy of each host went, by UTC hour.
--
-- Columns:
--   host_name: what was measured
--   hour: its start, UTC
--   served_wh: allotted to calls, Wh at the host
--   idle_wh: not allotted, Wh at the host
--   measured_wh: both together: what the host's samples of the hour sum to, Wh at the host
--   calls: that were allotted some of it
--   samples: of the hour
--   overlapping_samples: of these, of one name at one time: of two machines or two meters
--   idle_policy: how the idle energy was booked
--   idle_tenant: whose the idle energy is; '' where nobody's
--   cloud_region: where the host stands
-- Needs: energy_share

CREATE OR REPLACE VIEW energy_by_host AS
SELECT
    share.host_name AS host_name,
    share.hour AS hour,
    sumIf(share.wh, share.span_id != '') AS served_wh,
    sumIf(share.wh, share.span_id = '') AS idle_wh,
    served_wh + idle_wh AS measured_wh,
    countIf(share.span_id != '') AS calls,
    anyIf(share.samples, share.span_id = '') AS samples,
    anyIf(share.overlapping_samples, share.span_id = '') AS overlapping_samples,
    anyIf(share.policy, share.span_id = '') AS idle_policy,
    anyIf(share.tenant_id, share.span_id = '') AS idle_tenant,
    anyIf(share.cloud_region, share.span_id = '') AS cloud_region
FROM energy_share AS share
GROUP BY host_name, hour;

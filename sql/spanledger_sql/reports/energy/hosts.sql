-- What metered hosts drew, and who got it.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open, by the start of the hour
-- Columns:
--   host: its name
--   idle_policy: how its idle energy is booked
--   idle_tenant: whose the idle energy is; '' where nobody's
--   hours: with samples
--   calls: that were allotted some of it, once for each hour
--   measured_wh: served_wh + idle_wh, Wh at the host
--   served_wh: allotted to calls, Wh at the host
--   idle_wh: not allotted, Wh at the host
--   idle_share: of measured_wh, 0 to 1
SELECT
    host_name AS host,
    idle_policy,
    idle_tenant,
    count() AS hours,
    sum(h.calls) AS calls,
    sum(h.served_wh) + sum(h.idle_wh) AS measured_wh,
    sum(h.served_wh) AS served_wh,
    sum(h.idle_wh) AS idle_wh,
    sum(h.idle_wh) / nullIf(sum(h.measured_wh), 0) AS idle_share
FROM energy_by_host AS h
WHERE hour >= {from:DateTime64(9, 'UTC')} AND hour < {to:DateTime64(9, 'UTC')}
GROUP BY host, idle_policy, idle_tenant
ORDER BY host, idle_policy, idle_tenant

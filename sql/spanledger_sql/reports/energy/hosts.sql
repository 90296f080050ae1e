-- What metered hosts drew, and who got it.
-- Parameters: from, to DateTime64(9, 'UTC'): the period, half-open, by the start of the hour.
-- Columns: host; idle_policy; idle_tenant: whose the idle energy is; hours: with samples; calls: allotted some of it,
--     once for each hour; measured_wh: Wh at the host = served_wh, allotted to calls, + idle_wh; idle_share: 0 to 1.
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

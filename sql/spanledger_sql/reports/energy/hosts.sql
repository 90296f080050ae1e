-- What metered hosts drew, who got it, and what of their samples is no evidence.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open, by the start of the hour
-- Columns:
--   host: its name
--   idle_policy: how its idle energy is booked
--   idle_tenant: whose the idle energy is; '' where nobody's
--   pue: its data centre's overhead, where one was given for the host
--   hours: with samples
--   calls: that were allotted some of it, once for each hour
--   measured_wh: served_wh + idle_wh, Wh at the host
--   served_wh: allotted to calls, Wh at the host
--   idle_wh: not allotted, Wh at the host
--   idle_share: of measured_wh, 0 to 1
--   overlapping_samples: of one name at one time: of two machines or two meters
--   refused_samples: that cannot be, and are in no other column
--   refused: why
WITH
    drew AS
    (
        SELECT
            host_name,
            idle_policy,
            idle_tenant,
            count() AS hours,
            sum(h.calls) AS calls,
            sum(h.served_wh) AS served_wh,
            sum(h.idle_wh) AS idle_wh,
            sum(h.overlapping_samples) AS overlapping_samples
        FROM energy_by_host AS h
        WHERE hour >= {from:DateTime64(9, 'UTC')} AND hour < {to:DateTime64(9, 'UTC')}
        GROUP BY host_name, idle_policy, idle_tenant
    ),
    refused AS
    (
        SELECT
            host_name,
            count() AS samples,
            arrayStringConcat(arraySort(groupUniqArray(flaw)), ', ') AS flaws
        FROM energy_sample FINAL
        WHERE flaw != '' AND started_at >= {from:DateTime64(9, 'UTC')} AND started_at < {to:DateTime64(9, 'UTC')}
        GROUP BY host_name
    )
SELECT
    if(d.host_name IS NULL, r.host_name, d.host_name) AS host,
    ifNull(d.idle_policy, '') AS idle_policy,
    ifNull(d.idle_tenant, '') AS idle_tenant,
    host.pue AS pue,
    ifNull(d.hours, 0) AS hours,
    ifNull(d.calls, 0) AS calls,
    ifNull(d.served_wh, 0) + ifNull(d.idle_wh, 0) AS measured_wh,
    ifNull(d.served_wh, 0) AS served_wh,
    ifNull(d.idle_wh, 0) AS idle_wh,
    d.idle_wh / nullIf(d.served_wh + d.idle_wh, 0) AS idle_share,
    ifNull(d.overlapping_samples, 0) AS overlapping_samples,
    ifNull(r.samples, 0) AS refused_samples,
    ifNull(r.flaws, '') AS refused
FROM (SELECT * FROM drew) AS d
FULL JOIN (SELECT * FROM refused) AS r ON r.host_name = d.host_name
LEFT JOIN (SELECT * FROM energy_host FINAL) AS host
    ON host.host_name = if(d.host_name IS NULL, r.host_name, d.host_name)
ORDER BY host, idle_policy, idle_tenant

-- Alarms and how far they have come, the newest first.
--
-- Parameters:
--   since DateTime64(6, 'UTC'): raised then or later
-- Columns:
--   alarm_key, kind, budget_id, tenant_id, run_id, begins, ends, unit, reached, bound, percent, noticed_at: as in `alarm`
--   delivered: the channels that took it
--   waiting: those that did not yet
--   problem: why not
SELECT
    a.alarm_key AS alarm_key,
    a.kind AS kind,
    a.budget_id AS budget_id,
    a.tenant_id AS tenant_id,
    a.run_id AS run_id,
    a.begins AS begins,
    a.ends AS ends,
    a.unit AS unit,
    a.reached AS reached,
    a.bound AS bound,
    a.percent AS percent,
    a.noticed_at AS noticed_at,
    arraySort(groupArrayIf(CAST(d.channel, 'Nullable(String)'), d.delivered = 1)) AS delivered,
    arraySort(groupArrayIf(CAST(d.channel, 'Nullable(String)'), d.delivered = 0)) AS waiting,
    ifNull(anyIf(d.problem, d.problem != ''), '') AS problem
FROM (SELECT * FROM alarm FINAL WHERE noticed_at >= {since:DateTime64(6, 'UTC')}) AS a
LEFT JOIN (SELECT * FROM alarm_delivery FINAL) AS d ON d.alarm_key = a.alarm_key
GROUP BY
    alarm_key, kind, budget_id, tenant_id, run_id, begins, ends, unit, reached, bound, percent, noticed_at
ORDER BY
    noticed_at DESC,
    alarm_key

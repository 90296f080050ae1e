-- Which sessions, runs and users calls name: what the view `named_hours` gives, for a report with its parameters. The engine plans a view
-- with parameters twice.
WITH
    (
        SELECT (groupArrayIf((begins, built), is_summed), groupArrayIf(begins, NOT is_summed))
        FROM ledger_standing(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')},
            moment = toDateTime64('2200-01-01', 6, 'UTC'), grain = 'hour', timezone = 'UTC', told = [''])
    ) AS to_read
SELECT tenant_id, cost_center, feature, workflow, provider, model, sessions, runs, users
FROM hour_names
WHERE (begins, built) IN to_read.1
-- <by_call>
UNION ALL
SELECT
    tenant_id, cost_center, feature, workflow, provider, model,
    if(session_id != '', [cityHash64(session_id)], []),
    if(run_id != '', [cityHash64(run_id)], []),
    if(user_id != '', [cityHash64(user_id)], [])
FROM calls
WHERE ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
    AND toStartOfHour(ts) IN to_read.2
-- </by_call>

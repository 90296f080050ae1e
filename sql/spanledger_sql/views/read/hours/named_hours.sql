-- Which sessions, runs and users calls name, those of an hour together where that was noted with its sums (`hour_names`) and these hold,
-- else call by call.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   tenant_id, cost_center, feature, workflow, provider, model: as in `calls`
--   sessions, runs, users: hashes of their names
-- Needs: calls, hour_names, ledger_standing

CREATE OR REPLACE VIEW named_hours AS
WITH
    (
        SELECT (groupArrayIf((begins, built), is_summed), groupArrayIf(begins, NOT is_summed))
        FROM ledger_standing(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')},
            moment = toDateTime64('2200-01-01', 6, 'UTC'), grain = 'hour', timezone = 'UTC', told = [''])
    ) AS to_read
SELECT tenant_id, cost_center, feature, workflow, provider, model, sessions, runs, users
FROM hour_names
WHERE (begins, built) IN to_read.1
UNION ALL
SELECT
    tenant_id, cost_center, feature, workflow, provider, model,
    if(session_id != '', [cityHash64(session_id)], []),
    if(run_id != '', [cityHash64(run_id)], []),
    if(user_id != '', [cityHash64(user_id)], [])
FROM calls
WHERE ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
    AND toStartOfHour(ts) IN to_read.2;

-- Calls that brought little for what they cost: what the view `wasted_call` gives, for a report with its parameters. The engine plans a
-- view with parameters twice.
WITH
    (
        SELECT (groupArrayIf((begins, built), is_summed), groupArrayIf(begins, NOT is_summed))
        FROM ledger_standing(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')},
            moment = toDateTime64('2200-01-01', 6, 'UTC'), grain = 'hour', timezone = 'UTC', told = [''])
    ) AS to_read
    -- <by_call>
    , to_read.2 AS hours
    -- </by_call>
SELECT
    toDateTime64(begins, 9, 'UTC') AS ts, trace_id, span_id, tenant_id, feature, provider, model, known_calls, least_calls, waste,
    cost
FROM hour_waste
WHERE (begins, built) IN to_read.1
-- <by_call>
UNION ALL
SELECT *
FROM ({{wasted}})
WHERE ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
-- </by_call>

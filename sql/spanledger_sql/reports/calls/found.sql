-- How many single calls, and buckets of calls of which only a metric or a usage report tells, are as asked for, and since when one
-- has enough of the latest of them. Sums of hours and days tell it, but for a text and for states that they do not know.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): as the ledger was then
--   text, state String: as of calls/search
--   rows UInt32: how many of the latest
-- Columns:
--   all_rows: how many there are
--   since: the start of an hour, since when there are so many, or all of them, UTC
--   last: the start of the hour of the latest, UTC; 1970 where there are none
SELECT
    sum(h.rows) AS all_rows,
    fromUnixTimestamp64Second(3600 * minIf(h.hour, h.later < {rows:UInt32}), 'UTC') AS since,
    fromUnixTimestamp64Second(3600 * max(h.hour), 'UTC') AS last
FROM
(
    SELECT
        found.hour AS hour,
        sum(found.rows) AS rows,
        sum(rows) OVER (ORDER BY hour DESC ROWS UNBOUNDED PRECEDING) - rows AS later
    FROM
    (
        WITH {text:String} = '' AND {state:String} NOT IN ('rate limited', 'cut off') AS sums_tell
        SELECT toInt64(floor(toUnixTimestamp64Second(c.ts) / 3600)) AS hour, sum(c.ledger_rows) AS rows
        FROM call_hours({{what_is_asked_for}}, grain = 'hour', timezone = 'UTC') AS c
        WHERE sums_tell AND {{asked_for}} AND {{in_state}}
        GROUP BY hour
        UNION ALL
        WITH {text:String} = '' AND {state:String} NOT IN ('rate limited', 'cut off') AS sums_tell
        SELECT toInt64(floor(toUnixTimestamp64Second(c.ts) / 3600)) AS hour, count()
        FROM calls_at(moment = {moment:DateTime64(6, 'UTC')}) AS c
        WHERE NOT sums_tell
            AND {{asked_for}}
            AND {{has_text}}
            AND if({state:String} = 'rate limited', {{rate_limited}},
                if({state:String} = 'cut off', {{cut_off}}, {{in_state}}))
        GROUP BY hour
    ) AS found
    GROUP BY hour
) AS h

-- Hours whose sums do not hold, the newest first, that nobody has written to for a while; then days, likewise, of which the sums of
-- all hours hold.
-- Parameters: quiet Float64: for how long nobody, s.
SELECT unit.1 AS hours, unit.2 AS begins, unit.3 AS written, unit.4 AS last_enriched_at, day_left_out AS left_out
FROM
(
    SELECT
        groupArrayIf(
            (hours, begins, written, last_enriched_at),
            NOT holds
                AND strays = 0
                AND last_written_at <= now64(6, 'UTC') - toIntervalMillisecond(toInt64({quiet:Float64} * 1000))) AS waiting,
        min(hours = 24 OR holds) AS hours_hold,
        groupUniqArrayArray(if(hours = 24, [], summed.left_out)) AS day_left_out
    FROM
    (
        SELECT
            hours,
            begins,
            sum(one.written) AS written,
            max(one.strays) AS strays,
            max(one.last_enriched_at) AS last_enriched_at,
            max(one.last_written_at) AS last_written_at,
            max(one.summed) AS summed,
            summed.written = written AS holds
        FROM ledger_hour AS one
        GROUP BY hours, begins
    )
    GROUP BY toStartOfDay(begins)
)
ARRAY JOIN arrayFilter(one -> one.1 = 1 OR hours_hold, waiting) AS unit
ORDER BY hours, begins DESC
SETTINGS max_threads = 1

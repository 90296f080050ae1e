-- Hours whose sums do not hold, the newest first, that nobody has written to for a while; then days of a time zone, likewise, of which
-- the sums of all hours hold. A day that begins or ends within an hour of UTC cannot be summed of hours.
-- Parameters: quiet Float64: for how long nobody, s; timezone String: of the days.
SELECT unit.1 AS hours, unit.2 AS begins, unit.3 AS written, unit.4 AS last_enriched_at, left_out
FROM
(
    SELECT
        toTimeZone(toDateTime(toDate(toTimeZone(begins, {timezone:String})), {timezone:String}), 'UTC') AS day,
        toTimeZone(toDateTime(toDate(toTimeZone(begins, {timezone:String})) + 1, {timezone:String}), 'UTC') AS next_day,
        toUInt8(dateDiff('hour', day, next_day)) AS hours_of_day,
        groupArrayIf(
            (toUInt8(1), begins, written, last_enriched_at),
            hours = 1
                AND NOT holds
                AND strays = 0
                AND last_written_at <= now64(6, 'UTC') - toIntervalMillisecond(toInt64({quiet:Float64} * 1000))) AS waiting,
        sumIf(written, hours = 1) AS written_of_day,
        minIf(holds AND begins >= day AND begins < next_day, hours = 1)
            AND maxIf(summed.written, hours = hours_of_day AND begins = day) != written_of_day
            AND toStartOfHour(day) = day
            AND toStartOfHour(next_day) = next_day AS day_waits,
        maxIf(last_enriched_at, hours = 1) AS last_of_day,
        groupUniqArrayArrayIf(summed.left_out, hours = 1) AS left_out
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
    GROUP BY day, next_day
)
ARRAY JOIN if(day_waits, [(hours_of_day, day, written_of_day, last_of_day)], waiting) AS unit
ORDER BY hours, begins DESC
SETTINGS max_threads = 1

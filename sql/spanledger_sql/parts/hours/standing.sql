-- Where the calls of a period are to be read: what the view `ledger_standing` gives, for views with its parameters. The engine plans
-- a view with parameters twice, and one that stands in it twice as often.
-- Hours are gathered by day: of `timezone` where days are told apart, else of UTC. Counts only grow, and sums of a day tell what was
-- written of all of its hours: where it is what was written until now, none of them was written to since, and none is without.
SELECT
    unit.1 AS hours,
    if(unit.1 = 1, 0, toHour(unit.2)) AS midnight,
    unit.2 AS begins,
    unit.3 AS built,
    unit.4 AS is_summed
FROM
(
    SELECT
        groupArrayIf((hours, begins, built, holds), hours = 1) AS of_hours,
        sumIf(written, hours = 1) AS written_of_day,
        groupArrayIf((hours, begins, built, holds, latest.written), hours > 1 AND holds) AS of_day
    FROM
    (
        SELECT
            one.hours AS hours,
            one.begins AS begins,
            sum(one.written) AS written,
            max(one.summed) AS latest,
            latest.built AS built,
            begins + toIntervalSecond(timezoneOffset(toTimeZone(begins, {timezone:String}))) AS first_second,
            begins + toIntervalSecond(hours * 3600 - 1) AS last_moment,
            last_moment + toIntervalSecond(timezoneOffset(toTimeZone(last_moment, {timezone:String}))) AS last_second,
            toDate(if({grain:String} = 'day', first_second, begins)) AS day,
            (hours > 1 OR latest.written = written AND max(one.strays) = 0)
                AND latest.last_enriched_at <= {moment:DateTime64(6, 'UTC')}
                AND latest.holds_from <= now64(6, 'UTC')
                AND begins >= {from:DateTime64(9, 'UTC')}
                AND last_moment < {to:DateTime64(9, 'UTC')}
                AND toDate(if({grain:String} = 'day', last_second, last_moment)) = day
                AND multiIf(
                    {grain:String} IN ('period', 'day'), 1,
                    {grain:String} = 'month', toStartOfMonth(first_second) = toStartOfMonth(last_second),
                    {grain:String} = 'week', toMonday(first_second) = toMonday(last_second),
                    toStartOfHour(first_second) = toStartOfHour(last_second))
                AND NOT hasAny(
                    arrayConcat(['user', 'session', 'run', 'host'], latest.left_out, arrayMap(name -> '(own)', latest.left_out)),
                    {told:Array(String)}) AS holds
        FROM ledger_hour AS one
        -- A day before 1970 begins in 2036 for engines before 26.9; what is that old is told by `strays`.
        WHERE (one.begins >= toStartOfDay(greatest({from:DateTime64(9, 'UTC')}, toDateTime64('1970-01-01', 9, 'UTC')))
                AND one.begins < {to:DateTime64(9, 'UTC')})
            OR one.strays > 0
        GROUP BY hours, begins
    )
    GROUP BY day
)
ARRAY JOIN if(
    arrayExists(one -> one.5 = written_of_day, of_day),
    [arrayFirst(one -> one.5 = written_of_day, of_day)],
    arrayMap(one -> (one.1, one.2, one.3, one.4, toUInt64(0)), of_hours)) AS unit
SETTINGS max_threads = 1

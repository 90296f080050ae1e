-- Where the calls of a period are to be read: what the view `ledger_standing` gives, for views with its parameters. The engine plans
-- a view with parameters twice, and one that stands in it twice as often.
SELECT
    unit.1 AS hours,
    unit.2 AS begins,
    unit.3 AS built,
    unit.4 AS is_summed
FROM
(
    SELECT
        groupArray((hours, begins, built, holds)) AS units,
        max(hours = 24 AND holds) AS day_holds
    FROM
    (
        SELECT
            one.hours AS hours,
            one.begins AS begins,
            max(one.summed) AS latest,
            latest.built AS built,
            begins + toIntervalSecond(timezoneOffset(toTimeZone(begins, {timezone:String}))) AS first_second,
            begins + toIntervalSecond(hours * 3600 - 1) AS last_moment,
            last_moment + toIntervalSecond(timezoneOffset(toTimeZone(last_moment, {timezone:String}))) AS last_second,
            latest.written = sum(one.written)
                AND max(one.strays) = 0
                AND latest.last_enriched_at <= {moment:DateTime64(6, 'UTC')}
                AND latest.holds_from <= now64(6, 'UTC')
                AND begins >= {from:DateTime64(9, 'UTC')}
                AND last_moment < {to:DateTime64(9, 'UTC')}
                AND multiIf(
                    {grain:String} = 'period', 1,
                    {grain:String} = 'month', toStartOfMonth(first_second) = toStartOfMonth(last_second),
                    {grain:String} = 'week', toMonday(first_second) = toMonday(last_second),
                    {grain:String} = 'day', toDate(first_second) = toDate(last_second),
                    toStartOfHour(first_second) = toStartOfHour(last_second))
                AND NOT hasAny(arrayConcat(['user', 'session', 'run', 'host'], latest.left_out), {told:Array(String)}) AS holds
        FROM ledger_hour AS one
        -- A day before 1970 begins in 2036 for engines before 26.9; what is that old is told by `strays`.
        WHERE (one.begins >= toStartOfDay(greatest({from:DateTime64(9, 'UTC')}, toDateTime64('1970-01-01', 9, 'UTC')))
                AND one.begins < {to:DateTime64(9, 'UTC')})
            OR one.strays > 0
        GROUP BY hours, begins
    )
    GROUP BY toStartOfDay(begins)
)
ARRAY JOIN arrayFilter(one -> if(one.1 = 24, one.4, NOT day_holds), units) AS unit
SETTINGS max_threads = 1

-- Where the calls of a period are to be read for what is asked: days and hours from their sums, others call by call, because they
-- were written to since, are not whole in the period, are parted by what is told apart of time, or because their sums do not tell
-- apart what else is asked for.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   moment DateTime64(6, 'UTC'): rows of the ledger written up to then
--   grain String: what of time is told apart: `hour`, `day`, `week`, `month`, or `period` for nothing
--   timezone String: of these
--   told Array(String): names of dimensions that are told apart or narrowed to beside those that sums always have: one's own,
--     `user`, `session`, `run` and `host`
-- Columns:
--   hours: 24 of a day, 1 of an hour that is in none of the days
--   begins: its start, UTC: of each that was written to and may have calls of the period
--   built: of its latest sums; 0 where there are none
--   is_summed: 1: these hold; 0: its calls are to be read
-- Needs: ledger_hour

CREATE OR REPLACE VIEW ledger_standing AS
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
SETTINGS max_threads = 1;

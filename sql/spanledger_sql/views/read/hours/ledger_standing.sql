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
-- Needs: ledger_hour, ledger_summed

CREATE OR REPLACE VIEW ledger_standing AS
WITH
    ((moment, shift) -> toDateTime(moment + toIntervalSecond(shift), 'UTC')) AS shifted,
    (moment -> shifted(moment, timezoneOffset(toTimeZone(moment, {timezone:String})))) AS local_time
SELECT hours, begins, built, holds AS is_summed
FROM
(
    SELECT
        unit.hours AS hours,
        unit.begins AS begins,
        ifNull(summed.built, 0) AS built,
        local_time(begins) AS first_second,
        local_time(begins + toIntervalSecond(hours * 3600 - 1)) AS last_second,
        toUInt8(ifNull(
            summed.written = unit.written
            AND unit.strays = 0
            AND summed.last_enriched_at <= {moment:DateTime64(6, 'UTC')}
            AND summed.holds_from <= now64(6, 'UTC')
            AND unit.begins >= {from:DateTime64(9, 'UTC')}
            AND unit.begins + toIntervalHour(hours) <= {to:DateTime64(9, 'UTC')}
            AND multiIf(
                {grain:String} = 'period', 1,
                {grain:String} = 'month', toStartOfMonth(first_second) = toStartOfMonth(last_second),
                {grain:String} = 'week', toMonday(first_second) = toMonday(last_second),
                {grain:String} = 'day', toDate(first_second) = toDate(last_second),
                toStartOfHour(first_second) = toStartOfHour(last_second))
            AND NOT hasAny(arrayConcat(['user', 'session', 'run', 'host'], summed.left_out), {told:Array(String)}), 0)) AS holds,
        max(holds AND hours = 24) OVER (PARTITION BY toStartOfDay(begins)) AS day_holds
    FROM
    (
        SELECT
            arrayJoin([1, 24])::UInt8 AS hours,
            if(hours = 1, ledger_hour.hour, toStartOfDay(ledger_hour.hour)) AS begins,
            sum(ledger_hour.written) AS written,
            sum(ledger_hour.strays) AS strays
        FROM ledger_hour
        WHERE (ledger_hour.hour >= toStartOfDay({from:DateTime64(9, 'UTC')})
               AND ledger_hour.hour < toDateTime64({to:DateTime64(9, 'UTC')}, 0, 'UTC') + INTERVAL 1 DAY) OR ledger_hour.strays > 0
        GROUP BY hours, begins
    ) AS unit
    LEFT JOIN (SELECT * FROM ledger_summed FINAL) AS summed
        ON summed.hours = unit.hours AND summed.begins = unit.begins
)
WHERE if(hours = 24, holds, NOT day_holds)
SETTINGS join_use_nulls = 1;

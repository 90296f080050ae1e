-- What is known of the sums of a period's hours and days: whether they hold, for what is asked, as `ledger_standing` has it. It is asked
-- before each report, so that it is of few steps: which of them to read is chosen of what it gives (`sums_alone.py`).
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   moment DateTime64(6, 'UTC'): rows of the ledger written up to then
--   grain String: what of time is told apart: `hour`, `day`, `week`, `month`, or `period` for nothing
--   timezone String: of these
--   told Array(String): names of dimensions that are told apart or narrowed to beside those that sums always have: one's own,
--     `user`, `session`, `run` and `host`; `(own)` for all of one's own
-- Columns:
--   hours: 1 of an hour, 23 to 25 of a day: of each that was written to and may have calls of the period
--   first_second: its start, s since 1970
--   offset, last_offset: of the time zone from UTC at its start and end, s
--   written: of an hour: rows of the ledger that were written, or about to be
--   strays: of them, of calls dated before 1970 or after 2105
--   built: of its latest sums; 0 where there are none
--   summed: how many rows were written, of a day in all of its hours, when these were taken
--   is_told: 1: it is whole in the period, and its sums tell what is asked for as of the moment
--   asked_grain: as asked for
WITH
    max(one.summed) AS latest
SELECT
    one.hours AS hours,
    toUnixTimestamp(one.begins) AS first_second,
    timezoneOffset(toTimeZone(one.begins, {timezone:String})) AS offset,
    timezoneOffset(toTimeZone(one.begins + toIntervalSecond(hours * 3600 - 1), {timezone:String})) AS last_offset,
    sum(one.written) AS written,
    max(one.strays) AS strays,
    latest.built AS built,
    latest.written AS summed,
    one.begins >= {from:DateTime64(9, 'UTC')}
        AND one.begins + toIntervalSecond(hours * 3600 - 1) < {to:DateTime64(9, 'UTC')}
        AND latest.last_enriched_at <= {moment:DateTime64(6, 'UTC')}
        AND latest.holds_from <= now64(6, 'UTC')
        AND NOT hasAny(
            arrayConcat(['user', 'session', 'run', 'host'], latest.left_out, arrayMap(name -> '(own)', latest.left_out)),
            {told:Array(String)}) AS is_told,
    {grain:String} AS asked_grain
FROM ledger_hour AS one
WHERE (one.begins + INTERVAL 1 HOUR > {from:DateTime64(9, 'UTC')} AND one.begins < {to:DateTime64(9, 'UTC')}) OR one.strays > 0
GROUP BY one.hours, one.begins

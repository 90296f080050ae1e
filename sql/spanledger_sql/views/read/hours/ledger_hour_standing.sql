-- Whether an hour of the ledger can be read from its sums, for what is asked, or has to be read call by call: because it was
-- written to since, is not whole in the period or begins within a local hour, or the sums do not tell apart what is asked for.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   moment DateTime64(6, 'UTC'): rows of the ledger written up to then
--   timezone String: in which hours and days are told apart; UTC where none are
--   told Array(String): names of dimensions that are told apart or narrowed to beside those that sums always have: one's own,
--     `user`, `session`, `run` and `host`
-- Columns:
--   hour: its start, UTC: of each that was written to and may have calls of the period
--   built: of its latest sums; 0 where there are none
--   is_summed: 1: these hold
-- Needs: ledger_hour, ledger_hour_summed

CREATE OR REPLACE VIEW ledger_hour_standing AS
SELECT
    written.hour AS hour,
    ifNull(summed.built, 0) AS built,
    toUInt8(ifNull(
        summed.written = written.written
        AND written.strays = 0
        AND summed.last_enriched_at <= {moment:DateTime64(6, 'UTC')}
        AND summed.holds_from <= now64(6, 'UTC')
        AND written.hour >= {from:DateTime64(9, 'UTC')}
        AND written.hour + INTERVAL 1 HOUR <= {to:DateTime64(9, 'UTC')}
        AND timezoneOffset(toTimeZone(written.hour, {timezone:String})) % 3600 = 0
        AND NOT hasAny(arrayConcat(['user', 'session', 'run', 'host'], summed.left_out), {told:Array(String)}), 0)) AS is_summed
FROM
(
    SELECT
        ledger_hour.hour AS hour,
        sum(ledger_hour.written) AS written,
        sum(ledger_hour.strays) AS strays
    FROM ledger_hour
    GROUP BY hour
) AS written
LEFT JOIN (SELECT * FROM ledger_hour_summed FINAL) AS summed
    ON summed.hour = written.hour
WHERE (written.hour >= toStartOfHour({from:DateTime64(9, 'UTC')}) AND written.hour < {to:DateTime64(9, 'UTC')}) OR written.strays > 0
SETTINGS join_use_nulls = 1;

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
--     `user`, `session`, `run` and `host`; `(own)` for all of one's own
-- Columns:
--   hours: 23 to 25 of a day, 1 of an hour that is in none of the days
--   midnight: of a day the hour of UTC at which it begins, of an hour 0, as in `ledger_sum`
--   begins: its start, UTC: of each that was written to and may have calls of the period
--   built: of its latest sums; 0 where there are none
--   is_summed: 1: these hold; 0: its calls are to be read
-- Needs: ledger_hour

CREATE OR REPLACE VIEW ledger_standing AS
{{standing}};

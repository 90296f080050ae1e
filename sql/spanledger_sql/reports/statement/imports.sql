-- Which imports the hourly intensities of a period come from.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   signal, basis String: of the ledger's intensities
-- Columns:
--   zone: the grid zone
--   imported_at: UTC
--   origin: file or API
--   sha256: of the file; '' of an API
--   first_hour, last_hour: the hours in it, UTC
--   new, corrected: how many hours the import added, and replaced
SELECT
    zone,
    imported_at,
    origin,
    sha256,
    first_hour,
    last_hour,
    hours_new AS new,
    hours_corrected AS corrected
FROM grid_import
WHERE signal = {signal:String} AND basis = {basis:String}
    AND new + corrected > 0
    -- An hour may stand in for the rest of its month.
    AND first_hour < toStartOfMonth(toDateTime({to:DateTime64(9, 'UTC')}, 'UTC')) + INTERVAL 1 MONTH
    AND last_hour >= toStartOfMonth(toDateTime({from:DateTime64(9, 'UTC')}, 'UTC')) - INTERVAL 1 DAY
    AND zone IN (
        SELECT zone FROM calls
        WHERE ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
    )
ORDER BY zone, imported_at, origin

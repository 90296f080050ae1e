-- How many calls there are on each day that has any.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the time, half-open
--   timezone String: of the days
-- Columns:
--   day: the local day
--   calls: rows of the ledger, counted or not
SELECT
    toDate(toTimeZone(ts, {timezone:String})) AS day,
    count() AS calls
FROM ledger
WHERE ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
GROUP BY day
ORDER BY day

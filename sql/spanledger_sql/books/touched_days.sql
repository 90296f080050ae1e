-- Which days the calls are of that parts of the ledger hold.
-- Parameters: parts Array(String): names of parts; hour DateTime('UTC'): the present one.
-- Columns: day: UTC; is_over: 1: one of its calls is of an hour before the present one.
SELECT
    toDate(ts, 'UTC') AS day,
    min(ts) < {hour:DateTime('UTC')} AS is_over
FROM ledger
WHERE has({parts:Array(String)}, _part)
GROUP BY day

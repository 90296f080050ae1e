-- The values that a dimension of one's own has, the most frequent first: at most so many.
--
-- Parameters:
--   own String: the dimension, as `attribution(name=...)` says it
--   values UInt64: how many at most
-- Columns:
--   value: '' of calls that say none
SELECT dimensions[{own:String}] AS value
FROM ledger
WHERE counted = 1
GROUP BY value
ORDER BY
    count() DESC,
    value
LIMIT {values:UInt64}

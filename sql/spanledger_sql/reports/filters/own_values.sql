-- The values that a dimension of one's own has, the most frequent first: at most so many.
--
-- Parameters:
--   own String: the dimension, as `attribution(name=...)` says it
--   values UInt64: how many at most
-- Columns:
--   value: '' of calls that say none
SELECT dimensions[{own:String}] AS value
FROM recorded_hours(told = [{own:String}])
GROUP BY value
ORDER BY
    sum(reports) DESC,
    value
LIMIT {values:UInt64}

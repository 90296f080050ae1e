-- Dimensions of one's own that have more values in one of these hours than sums are told apart by.
-- Parameters: hours Array(DateTime('UTC')): which; values UInt64: how many at most.
SELECT DISTINCT CAST(name, 'String') AS name
FROM
(
    SELECT toStartOfHour(ts) AS hour, told.1 AS name, uniqUpTo(100)(told.2) AS more
    FROM ledger
    ARRAY JOIN CAST(dimensions, 'Array(Tuple(String, String))') AS told
    WHERE counted = 1 AND notEmpty(dimensions) AND toStartOfHour(ts) IN {hours:Array(DateTime('UTC'))}
    GROUP BY hour, name
)
WHERE more > {values:UInt64}
ORDER BY name

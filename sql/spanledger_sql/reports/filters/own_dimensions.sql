-- The dimensions of one's own that calls have, as `attribution(name=...)` says them, by name.
--
-- Columns:
--   name: of the dimension
SELECT DISTINCT name
FROM
(
    SELECT arrayJoin(mapKeys(dimensions))::String AS name
    FROM recorded_hours(told = [])
    UNION ALL
    -- What has too many values for sums to tell it apart.
    SELECT arrayJoin(summed.left_out)
    FROM ledger_hour
)
ORDER BY name

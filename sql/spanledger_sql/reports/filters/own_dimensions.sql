-- The dimensions of one's own that calls have, as `attribution(name=...)` says them, by name.
--
-- Columns:
--   name: of the dimension
SELECT DISTINCT CAST(arrayJoin(mapKeys(dimensions)), 'String') AS name
FROM ledger
WHERE counted = 1
ORDER BY name

-- When the newest span with a parent was ingested: a parent that comes late may show that calls report the same.
--
-- Parameters:
--   after DateTime64(6, 'UTC'): spans ingested later
-- Columns:
--   newest: when it was ingested, UTC; no row where there is none
SELECT max(ingested_at) AS newest
FROM span_parent
WHERE ingested_at > {after:DateTime64(6, 'UTC')}
HAVING count() > 0

-- When the newest span with a parent was ingested: a parent that comes late may show that calls report the same.
-- Parameters: after DateTime64(6, 'UTC'): spans ingested later. One column, DateTime64(6, 'UTC').
SELECT greatest(max(ingested_at), {after:DateTime64(6, 'UTC')})
FROM span_parent
WHERE ingested_at > {after:DateTime64(6, 'UTC')}

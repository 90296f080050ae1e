-- How much has arrived: as long as this stays, a worker that has seen all has nothing new to look at.
--
-- Columns:
--   spans: rows of llm_spans; NULL where the database cannot tell
--   parents: rows of span_parent; NULL where the database cannot tell
SELECT
    anyIf(total_rows, name = 'llm_spans') AS spans,
    anyIf(total_rows, name = 'span_parent') AS parents
FROM system.tables
WHERE database = currentDatabase() AND name IN ('llm_spans', 'span_parent')

-- The parts of tables: what an insert has brought is in a part that was not there before.
--
-- Parameters:
--   tables Array(String): such as `llm_spans` and `span_parent`
-- Columns:
--   of: the table
--   name: of the part; a name never comes again
--   partition_id: what its block numbers belong to
--   first_block, last_block: the inserts that it holds, by number
SELECT
    table AS of,
    name,
    partition_id,
    min_block_number AS first_block,
    max_block_number AS last_block
FROM system.parts
WHERE database = currentDatabase() AND has({tables:Array(String)}, table) AND active

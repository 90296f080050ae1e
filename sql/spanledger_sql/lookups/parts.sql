-- The parts that hold spans and their parents: what an insert has brought is in a part that was not there before.
--
-- Columns:
--   of: the table, `llm_spans` or `span_parent`
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
WHERE database = currentDatabase() AND table IN ('llm_spans', 'span_parent') AND active

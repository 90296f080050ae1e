-- Makes an empty table with the columns that another one has now.
-- Parameters: target, like Identifier.
CREATE OR REPLACE TABLE {target:Identifier} AS {like:Identifier}
ENGINE = MergeTree
ORDER BY (trace_id, span_id)

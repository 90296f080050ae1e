-- Makes an empty table with the columns that another one has now.
-- Parameters: target, like Identifier.
CREATE TABLE {target:Identifier}
ENGINE = MergeTree
ORDER BY (trace_id, span_id)
EMPTY AS
SELECT * FROM {like:Identifier}

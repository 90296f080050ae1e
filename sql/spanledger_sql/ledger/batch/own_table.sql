-- Makes an empty table like a stage's, for a user of the stages who works beside the worker.
-- Parameters: table Identifier: its name; like Identifier: the worker's table.
CREATE OR REPLACE TABLE {table:Identifier}
ENGINE = Memory
EMPTY AS
SELECT * FROM {like:Identifier}

-- Makes the table that a chunk is computed into: empty, with the ledger's columns as they are now.
CREATE OR REPLACE TABLE restated AS ledger
ENGINE = MergeTree
ORDER BY (trace_id, span_id)

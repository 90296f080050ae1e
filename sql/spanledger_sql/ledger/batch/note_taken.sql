-- Notes that the inserts of a batch are taken; it holds once the batch's version is the progress.
-- Parameters: inserts Identifier: the table of stage 0; version UInt64: the batch's.
INSERT INTO taken_insert
SELECT ingested_at, calls, parents, {version:UInt64} AS version
FROM {inserts:Identifier}

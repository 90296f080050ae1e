-- How far the next batch of the worker goes.
--
-- Parameters:
--   after DateTime64(6, 'UTC'): the progress so far
--   batch_calls UInt64: how many calls a batch holds
-- Columns:
--   until: the last call's time of ingestion, UTC
--   calls: new since `after`, up to `until`; 0 when there is nothing new
SELECT
    max(ingested_at) AS until,
    count() AS calls
FROM
(
    SELECT ingested_at
    FROM llm_spans
    WHERE ingested_at > {after:DateTime64(6, 'UTC')}
    ORDER BY ingested_at
    LIMIT {batch_calls:UInt64} WITH TIES
)

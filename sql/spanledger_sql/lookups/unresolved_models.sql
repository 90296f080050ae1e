-- The models that calls of a batch name and that have no resolution yet.
--
-- Parameters:
--   after, until DateTime64(6, 'UTC'): the batch, by time of ingestion, half-open at the start
-- Columns:
--   provider, request_model, response_model: as the calls report them
SELECT DISTINCT
    provider,
    request_model,
    response_model
FROM llm_spans
WHERE ingested_at > {after:DateTime64(6, 'UTC')}
    AND ingested_at <= {until:DateTime64(6, 'UTC')}
    AND (provider, request_model, response_model) NOT IN (
        SELECT provider, request_model, response_model FROM model_resolution
    )

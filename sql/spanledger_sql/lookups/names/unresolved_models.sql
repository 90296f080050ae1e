-- The models that calls of a batch name and that have no resolution yet.
--
-- Parameters:
--   batch Identifier: the table of the batch, stage 1 of the ledger
-- Columns:
--   provider, request_model, response_model: as the calls report them
SELECT DISTINCT
    provider,
    request_model,
    response_model
FROM
(
    SELECT any(provider) AS provider, any(request_model) AS request_model, any(response_model) AS response_model
    FROM {batch:Identifier}
    GROUP BY price_key
)
WHERE (provider, request_model, response_model) NOT IN (
    SELECT provider, request_model, response_model FROM model_resolution
)

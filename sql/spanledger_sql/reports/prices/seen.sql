-- Which names calls have by which contract books say whom and what they are for.
--
-- Columns:
--   tenant_id, provider_account, environment, provider, request_model, response_model: as in the ledger
SELECT DISTINCT tenant_id, provider_account, environment, provider, request_model, response_model
FROM calls

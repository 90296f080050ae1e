-- The names that calls have for a model as a user writes it: with its date or without.
--
-- Parameters:
--   model String: as the user writes it
-- Columns:
--   model: as requested or answered; that which is written just so comes first
--   provider: who answered
SELECT DISTINCT
    named AS model,
    provider
FROM ledger
ARRAY JOIN [request_model, response_model] AS named
WHERE counted = 1 AND {model:String} IN (named, replaceRegexpOne(named, {{dated_ending}}, ''))
ORDER BY
    named != {model:String},
    named,
    provider

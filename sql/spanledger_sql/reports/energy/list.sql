-- What models draw, by method: the entries that the ledger's energy rests on.
-- Parameters: match String: part of a model's name, '' for all; method String: 'ecologits', 'token-aware', 'own' or
--     'proxy', '' for all.
-- Columns: method; provider: the maker, or, of own coefficients, the provider ('' is any); model; output, input,
--     cache_read: Wh per 1,000 tokens, PUE included, and output_low, output_high their bounds; request: Wh per request;
--     pue: the one included; source.
SELECT
    method,
    provider,
    model,
    wh_per_output_token_low * 1000 AS output_low,
    wh_per_output_token * 1000 AS output,
    wh_per_output_token_high * 1000 AS output_high,
    wh_per_input_token * 1000 AS input,
    wh_per_cache_read_token * 1000 AS cache_read,
    wh_per_request AS request,
    pue,
    source
FROM energy_model FINAL
WHERE ({match:String} = '' OR positionCaseInsensitive(model, {match:String}) > 0)
    AND ({method:String} = '' OR method = {method:String})
ORDER BY model, provider, method

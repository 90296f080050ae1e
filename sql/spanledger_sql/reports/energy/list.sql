-- What models draw, by method: the entries that the ledger's energy rests on.
--
-- Parameters:
--   match String: part of a model's name; '': all
--   method String: `ecologits`, `token-aware`, `own` or `proxy`; '': all
-- Columns:
--   method: how the entry was made
--   provider: the maker, or, of own coefficients, the provider ('' is any)
--   model: its name
--   output_low, output, output_high: Wh per 1,000 output tokens, with its bounds, PUE included
--   input: Wh per 1,000 uncached input tokens, PUE included
--   cache_read: Wh per 1,000 tokens read from the cache, PUE included
--   request: Wh per call, PUE included
--   pue: the one included
--   source: where the entry is from
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

-- Models that calls used and that no price book knows, with how much they were used.
--
-- Columns:
--   provider, model: as reported
--   calls: counted ones
--   input_tokens, output_tokens: sums
--   tenants: how many tenants used it
--   first, last: start of the first and of the last call, UTC
--   note: why no price was found
SELECT
    call.provider AS provider,
    call.model AS model,
    sum(known_calls) AS calls,
    sum(call.input_tokens) AS input_tokens,
    sum(call.output_tokens) AS output_tokens,
    uniqExact(call.tenant_id) AS tenants,
    min(call.ts) AS first,
    max(call.ts) AS last,
    any(ifNull(resolution.note, '')) AS note
FROM calls AS call
LEFT JOIN (SELECT * FROM model_resolution FINAL) AS resolution
    ON resolution.provider = call.provider AND resolution.request_model = call.request_model
    AND resolution.response_model = call.response_model
WHERE call.price_status = 'unpriced'
GROUP BY ALL
ORDER BY calls DESC, provider, model

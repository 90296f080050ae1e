-- The models of a period whose energy nobody knows.
-- Parameters: from, to DateTime64(9, 'UTC'): the half-open period.
-- Columns: provider; model; calls; missing_usage_calls: of these, such as report no tokens; output_tokens.
SELECT
    provider,
    model,
    count() AS calls,
    countIf(usage_source = 'missing') AS missing_usage_calls,
    sum(c.output_tokens) AS output_tokens
FROM calls AS c
WHERE c.ts >= {from:DateTime64(9, 'UTC')}
    AND c.ts < {to:DateTime64(9, 'UTC')}
    AND c.energy_wh IS NULL
GROUP BY provider, model
ORDER BY calls DESC, provider, model

-- The models of a period whose energy nobody knows.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   provider: who answered
--   model: as answered, else as requested
--   calls: counted ones, of unknown energy
--   missing_usage_calls: of these, such as report no tokens
--   output_tokens: of these, sum
SELECT
    provider,
    model,
    sum(known_calls) AS calls,
    sumIf(least_calls, usage_source = 'missing') AS missing_usage_calls,
    sum(c.output_tokens) AS output_tokens
FROM calls AS c
WHERE c.ts >= {from:DateTime64(9, 'UTC')}
    AND c.ts < {to:DateTime64(9, 'UTC')}
    AND c.energy_wh IS NULL
GROUP BY provider, model
ORDER BY calls DESC, provider, model

-- The two modelled methods side by side: what they reckon for the same calls of a period, by model.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   model: as answered, else as requested
--   calls: that both methods know
--   ecologits_wh, ecologits_wh_low, ecologits_wh_high: by EcoLogits, with its bounds, Wh at the facility
--   token_aware_wh, token_aware_wh_low, token_aware_wh_high: by the token-aware method, with its bounds, Wh at the facility
--   ratio: token-aware / EcoLogits
SELECT
    model,
    sumIf(known_calls, method = 'ecologits') AS calls,
    sumIf(e.energy_wh, method = 'ecologits') AS ecologits_wh,
    sumIf(e.energy_wh_low, method = 'ecologits') AS ecologits_wh_low,
    sumIf(e.energy_wh_high, method = 'ecologits') AS ecologits_wh_high,
    sumIf(e.energy_wh, method = 'token-aware') AS token_aware_wh,
    sumIf(e.energy_wh_low, method = 'token-aware') AS token_aware_wh_low,
    sumIf(e.energy_wh_high, method = 'token-aware') AS token_aware_wh_high,
    token_aware_wh / nullIf(ecologits_wh, 0) AS ratio
FROM energy_by_method AS e
WHERE ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
GROUP BY model
ORDER BY calls DESC, model

-- The two modelled methods side by side: what they reckon for the same calls of a period, by model.
-- Parameters: from, to DateTime64(9, 'UTC'): the period, half-open.
-- Columns: model; calls; for each method its central energy and its bounds, in Wh; ratio: token-aware / EcoLogits.
SELECT
    model,
    countIf(method = 'ecologits') AS calls,
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

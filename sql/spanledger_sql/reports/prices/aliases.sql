-- What the user said that models mean.
--
-- Columns:
--   provider: as spans name it; '' where any
--   model: as spans name it
--   price_provider, price_model: the entry that prices it
--   free: 1: its calls cost nothing
--   set_at: UTC
SELECT
    provider,
    model,
    price_provider,
    price_model,
    free,
    set_at
FROM model_alias FINAL
WHERE NOT deleted
ORDER BY provider, model

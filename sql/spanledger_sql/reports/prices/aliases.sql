-- What the user said that models mean.
-- Columns: provider ('' where any), model: as spans name them; price_provider, price_model: the entry that prices them;
--     free: 1 where they cost nothing; set_at (UTC).
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

-- Which stages have anything to look at, and which have put down what the batch needs already: the others are left out.
--
-- Parameters: batch, models, places Identifier: the tables of stages 1, 3 and 6.
-- Columns:
--   verdicts: 1 where there are verdicts on which report counts, or words of tenant rules
--   contracts: 1 where price books are in force
--   measured: 1 where measured energy was shared out
--   models: 1 where stage 3 has not put down every call's price_key
--   places: 1 where stage 6 has not put down every call's place_key
--   kept: rows that stages 3 and 6 have put down
--   reference: a hash of the parts of all that stages 3 and 6 look at: as long as it stays, so does what they put down
SELECT
    (SELECT count() FROM call_verdict) + (SELECT count() FROM call_tenant) > 0 AS verdicts,
    (SELECT count() FROM price_book FINAL WHERE NOT deleted) > 0 AS contracts,
    (SELECT count() FROM energy_allocation) > 0 AS measured,
    (
        SELECT count()
        FROM {batch:Identifier}
        WHERE price_key NOT IN (SELECT price_key FROM {models:Identifier})
    ) > 0 AS models,
    (
        SELECT count()
        FROM {batch:Identifier}
        WHERE place_key NOT IN (SELECT place_key FROM {places:Identifier})
    ) > 0 AS places,
    (SELECT count() FROM {models:Identifier}) + (SELECT count() FROM {places:Identifier}) AS kept,
    (
        SELECT groupBitXor(cityHash64(table, name))
        FROM system.parts
        WHERE database = currentDatabase() AND active AND table IN (
            'price_list', 'model_resolution', 'energy_model', 'energy_facility', 'grid_intensity', 'grid_zone',
            'grid_contract', 'grid_water')
    ) AS reference

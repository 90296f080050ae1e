-- The contracts on power, as imported.
-- Parameters: none.
-- Columns: id; kind; zone; provider ('' is all); from, to: half-open, UTC; mwh: its volume; share: the part of the
--     consumption that it covers; g_per_kwh; source.
SELECT
    contract_id AS id,
    kind,
    zone,
    provider,
    valid_from AS `from`,
    valid_until AS `to`,
    mwh,
    share,
    g_per_kwh,
    source
FROM grid_contract FINAL
ORDER BY kind, zone, provider, valid_from, id

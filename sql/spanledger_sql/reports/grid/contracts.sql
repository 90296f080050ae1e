-- The contracts on power, as imported.
--
-- Columns:
--   id: the contract
--   kind: what it is
--   zone: a grid zone, or a country for all of its zones
--   provider: of the calls it is for; '' is all
--   from, to: its period, half-open, UTC
--   mwh: its volume, MWh; NULL: a share is given
--   share: the part of the consumption that it covers, 0 to 1; NULL: a volume is given
--   g_per_kwh: emissions of its power, gCO2e/kWh
--   source: the file, or what the instrument is documented by
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

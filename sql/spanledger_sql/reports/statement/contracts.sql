-- The contracts on power in force within a period. What rests on them is in the intensities' market_source.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   contract_id: the contract
--   kind: what it is
--   zone: a grid zone, or a country for all of its zones
--   provider: of the calls it is for; '' is machines of one's own, and of a residual mix all
--   valid_from, valid_until: its period, half-open, UTC
--   mwh: a volume, MWh, accounted for by `grid contracts coverage` alone; NULL: a share is given
--   share: of the consumption, 0 to 1; NULL: a volume is given
--   g_per_kwh: emissions of its power, gCO2e/kWh
--   source: the file, or what the instrument is documented by
SELECT
    contract_id,
    kind,
    zone,
    provider,
    valid_from,
    valid_until,
    mwh,
    if(mwh IS NULL, ifNull(share, 1), NULL) AS share,
    g_per_kwh,
    source
FROM grid_contract FINAL
WHERE valid_from < {to:DateTime64(9, 'UTC')}
    AND valid_until > {from:DateTime64(9, 'UTC')}
ORDER BY kind, zone, provider, valid_from, contract_id

-- The contracts on power in force within a period. What rests on them is in the intensities' market_source.
-- Parameters: from, to DateTime64(9, 'UTC'): the half-open period.
-- Columns: contract_id; kind; zone; provider ('' is all); valid_from, valid_until: half-open, UTC; mwh: a volume, accounted
--     for by `grid contracts coverage` alone; share: of the consumption; g_per_kwh; source.
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

-- The places where calls of a batch ran that have no grid zone yet.
--
-- Parameters:
--   batch Identifier: the table of the batch, stage 1 of the ledger
-- Columns:
--   provider: who answered
--   cloud_region: as the span names it; '' where it names none
SELECT DISTINCT
    provider,
    cloud_region
FROM
(
    SELECT any(provider) AS provider, any(cloud_region) AS cloud_region
    FROM {batch:Identifier}
    GROUP BY place_key
)
WHERE (provider, cloud_region) NOT IN (SELECT provider, cloud_region FROM grid_zone)

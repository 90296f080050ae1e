-- Needs: grid_zone, energy_facility
-- Overhead and water of the data centres where calls ran, as the user gives them: by provider and cloud region ('' where
-- spans name none). What holds for a provider holds for each of its regions that has no row of its own.
-- pue_*: facility energy / IT energy. wue_*: litres per kWh of IT energy; NULL is unknown.

DROP VIEW IF EXISTS facility;

CREATE VIEW facility AS
SELECT
    region.provider AS provider,
    region.cloud_region AS cloud_region,
    argMax(given.pue_low, given.cloud_region != '') AS pue_low,
    argMax(given.pue, given.cloud_region != '') AS pue,
    argMax(given.pue_high, given.cloud_region != '') AS pue_high,
    argMax((given.wue_low, given.wue, given.wue_high), given.cloud_region != '') AS wues,
    wues.1 AS wue_low,
    wues.2 AS wue,
    wues.3 AS wue_high
FROM (SELECT DISTINCT provider, cloud_region FROM grid_zone) AS region
INNER JOIN (SELECT * FROM energy_facility FINAL) AS given
    ON given.provider = region.provider
WHERE given.cloud_region IN ('', region.cloud_region)
GROUP BY region.provider, region.cloud_region;

-- Overhead and water of the data centres where calls ran, as the user gives them. What holds for a provider holds for
-- each of its regions that has no row of its own.
--
-- Columns:
--   provider, cloud_region: where calls ran; no region where their spans name none
--   pue_low, pue, pue_high: energy of the facility / energy of its computers; central value and bounds
--   wues: the three that follow
--   wue_low, wue, wue_high: water, l per kWh of the computers'; NULL where unknown
-- Needs: energy_facility, grid_zone

CREATE OR REPLACE VIEW facility AS
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

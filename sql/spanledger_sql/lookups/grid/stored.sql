-- The stored hours of some zones.
--
-- Parameters:
--   resolution String: `hour` or `year`
--   zones Array(String): the grid zones
--   begin, until DateTime('UTC'): first and last hour, both included
-- Columns:
--   zone, signal, basis: of the intensity
--   ts: start of the hour, UTC
--   g_per_kwh: gCO2e/kWh
--   quality: `measured`, `estimated` or `forecast`
--   source: who published it
--   imported_at: UTC
SELECT zone, signal, basis, ts, g_per_kwh, quality, source, imported_at
FROM grid_intensity FINAL
WHERE resolution = {resolution:String}
    AND zone IN {zones:Array(String)}
    AND ts BETWEEN {begin:DateTime('UTC')} AND {until:DateTime('UTC')}

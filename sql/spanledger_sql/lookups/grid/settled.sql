-- The hours of a zone that need not be fetched again: measured ones, and older estimates.
--
-- Parameters:
--   zone, signal, basis String: of the intensities
--   begin, until DateTime('UTC'): the hours, half-open
--   estimated_until DateTime('UTC'): estimates of later hours may still be replaced by measurements
-- Columns:
--   ts: start of the hour, UTC
SELECT ts
FROM grid_intensity FINAL
WHERE resolution = 'hour'
    AND zone = {zone:String}
    AND signal = {signal:String}
    AND basis = {basis:String}
    AND ts >= {begin:DateTime('UTC')}
    AND ts < {until:DateTime('UTC')}
    AND quality != 'forecast'
    AND (quality != 'estimated' OR ts < {estimated_until:DateTime('UTC')})
ORDER BY ts

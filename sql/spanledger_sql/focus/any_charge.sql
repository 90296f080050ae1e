-- Whether there is any charge in a time: 1 or 0.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the time, half-open
-- Columns:
--   any: 1 where there is one
SELECT toUInt8(
    (SELECT count() FROM calls WHERE ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}) > 0
    OR (SELECT count() FROM beside_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')})) > 0) AS any

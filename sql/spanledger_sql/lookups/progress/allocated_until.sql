-- How commitments of a period stand allocated.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   commitments: how many have hours of the period that are over
--   never: how many of them have not been allocated at all
--   allocated_at: when the one that was allocated the longest ago was, UTC; NULL where none is
--   until: the first of their hours of the period that is over and not allocated, UTC; NULL where all are
SELECT
    count() AS commitments,
    countIf(state.commitment_id IS NULL) AS never,
    min(state.allocated_at) AS allocated_at,
    min(if(state.until < least(one.ends, {to:DateTime64(9, 'UTC')}, toStartOfHour(now('UTC'))), state.until, NULL)) AS until
FROM (SELECT commitment_id, begins, ends FROM commitment FINAL) AS one
LEFT JOIN (SELECT commitment_id, until, allocated_at FROM allocation FINAL) AS state
    ON state.commitment_id = one.commitment_id
WHERE one.begins < least({to:DateTime64(9, 'UTC')}, toStartOfHour(now('UTC')))
    AND one.ends > {from:DateTime64(9, 'UTC')}

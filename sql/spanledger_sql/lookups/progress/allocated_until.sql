-- How commitments and charges of a period stand allocated.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   commitments: how many have hours of the period that are over
--   never: how many of them have not been allocated at all
--   until: the first of their hours of the period that is over and not allocated, UTC; NULL where all are
--   charges: how many are of the period, shared out by what calls cost or who has calls
--   unshared: charges of the period that are not shared out, or were otherwise than they are now
--   looked: up to which version the ledger was looked at
--   restated: 1: calls were restated since
WITH
    stands AS
    (
        SELECT
            one.begins AS begins,
            one.ends AS ends,
            state.until AS until
        FROM (SELECT commitment_id, begins, ends FROM commitment FINAL) AS one
        LEFT JOIN (SELECT commitment_id, max(until) AS until FROM allocation FINAL GROUP BY commitment_id) AS state
            ON state.commitment_id = one.commitment_id
        WHERE one.begins < least({to:DateTime64(9, 'UTC')}, toStartOfHour(now('UTC')))
            AND one.ends > {from:DateTime64(9, 'UTC')}
    ),
    shared AS
    (
        SELECT one.policy AS policy, ifNull(state.allocated_at >= one.imported_at, 0) AS is_shared
        FROM (SELECT charge_id, policy, imported_at, begins FROM charge FINAL) AS one
        LEFT JOIN (SELECT charge_id, allocated_at FROM charge_allocation FINAL) AS state
            ON state.charge_id = one.charge_id
        WHERE one.begins >= {from:DateTime64(9, 'UTC')} AND one.begins < {to:DateTime64(9, 'UTC')}
    ),
    progress AS (SELECT worker, version, updated_at FROM enrich_progress FINAL)
SELECT
    (SELECT count() FROM stands) AS commitments,
    (SELECT countIf(until IS NULL) FROM stands) AS never,
    (
        SELECT min(if(until < least(ends, {to:DateTime64(9, 'UTC')}, toStartOfHour(now('UTC'))), until, NULL)) FROM stands
    ) AS until,
    (SELECT countIf(policy IN ('metered', 'even')) FROM shared) AS charges,
    (SELECT countIf(NOT is_shared) FROM shared) AS unshared,
    (SELECT max(version) FROM progress WHERE worker = 'allocation') AS looked,
    (SELECT maxIf(updated_at, worker = 'restatement') > maxIf(updated_at, worker = 'allocation') FROM progress) AS restated

-- The current, counted rows of the ledger: one a provider call, or a bucket of calls of which only a metric tells.
--
-- Columns:
--   ledger.*: the row in force
--   model: `response_model`, else `request_model`
--   known_calls: how many calls the row stands for, 0 where unknown: what reports sum
--   least_calls: likewise, 1 where unknown: what gaps are counted in
-- Needs: ledger

CREATE OR REPLACE VIEW calls AS
SELECT
    *,
    if(response_model != '', response_model, request_model) AS model,
    ifNull(ledger.calls, 0) AS known_calls,
    ifNull(ledger.calls, 1) AS least_calls
FROM ledger FINAL
WHERE counted = 1
SETTINGS do_not_merge_across_partitions_select_final = 1;

-- The current, counted rows of the ledger: one a provider call.
--
-- Columns:
--   ledger.*: the row in force
--   model: `response_model`, else `request_model`
-- Needs: ledger

CREATE OR REPLACE VIEW calls AS
SELECT
    *,
    if(response_model != '', response_model, request_model) AS model
FROM ledger FINAL
WHERE counted = 1
SETTINGS do_not_merge_across_partitions_select_final = 1;

-- Which sessions, runs and users calls name, those of an hour together where that was noted with its sums (`hour_names`) and these hold,
-- else call by call.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   tenant_id, cost_center, feature, workflow, provider, model: as in `calls`
--   sessions, runs, users: hashes of their names
-- Needs: calls, hour_names, ledger_standing

CREATE OR REPLACE VIEW named_hours AS
{{named_hours_of}}
;

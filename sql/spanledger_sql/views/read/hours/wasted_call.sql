-- Calls that brought little for what they cost, each with the first that may be said of it: as was noted with the sums of their hour
-- (`hour_waste`) where these hold, else as the calls say.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   ts: when the call started; of what was noted the start of its hour, UTC
--   trace_id, span_id, tenant_id, feature, provider, model, known_calls, least_calls: as in `calls`
--   waste: `failed`, `cut off`, `abandoned`, `tried again` or `missed cache`
--   cost: contracted cost, USD; of a missed discount what it would have been; NULL: unknown
-- Needs: hour_waste, ledger, ledger_standing, priced_entry

CREATE OR REPLACE VIEW wasted_call AS
{{wasted_call_of}}
;

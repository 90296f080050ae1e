-- The calls that cost most, at most so many; those without a known cost come last.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): as the ledger was then
--   rows UInt64: how many rows at most
-- Columns:
--   ts: when the call started, UTC
--   tenant, environment, service, feature, workflow, user, session, run: whose it is; '' where it tells none
--   provider, model: who answered
--   status: `ok` or `error`
--   calls: how many the row stands for
--   input_tokens, cache_read_tokens, output_tokens: tokens
--   price_status: as in `ledger`
--   list_cost, contracted_cost: USD; NULL where unknown
--   trace_id, span_id: of the call, lower-case hex: `spanledger explain` takes them
SELECT
    c.ts AS ts,
    if(c.tenant_id = '', '(unattributed)', c.tenant_id) AS tenant,
    c.environment AS environment,
    c.service_name AS service,
    c.feature AS feature,
    c.workflow AS workflow,
    c.user_id AS user,
    c.session_id AS session,
    c.run_id AS run,
    c.provider AS provider,
    c.model AS model,
    c.status AS status,
    c.known_calls AS calls,
    c.input_tokens AS input_tokens,
    c.cache_read_tokens AS cache_read_tokens,
    c.output_tokens AS output_tokens,
    c.price_status AS price_status,
    c.list_cost AS list_cost,
    c.contracted_cost AS contracted_cost,
    c.trace_id AS trace_id,
    c.span_id AS span_id
FROM calls_at(moment = {moment:DateTime64(6, 'UTC')}) AS c
WHERE {{asked_for}}
ORDER BY
    contracted_cost DESC NULLS LAST,
    ts,
    trace_id,
    span_id
LIMIT {rows:UInt64}

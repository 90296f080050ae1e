-- The single calls, and buckets of calls of which only a metric or a usage report tells, that cost most: as calls/search puts them in
-- order by cost, but sums tell in which hours to look for them.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): as the ledger was then
--   rows UInt32: how many at most
-- Columns:
--   ts: when the call began, UTC
--   trace_id, span_id: the call
--   tenant, feature, workflow, service, user: '' where nobody said
--   provider, model, operation: of the call
--   status, error_type, finish_reason: how it ended
--   calls: how many the row stands for; NULL where nobody knows
--   input_tokens, cache_read_tokens, output_tokens: of the call
--   duration_ms, ttft_ms: from start to end, to the first token, ms
--   list_cost, contracted_cost: USD; NULL where unknown
--   price_status, usage_source: as in `calls`
--   energy_wh, co2e_g: Wh at the facility and location-based gCO2e; NULL where unknown
--   zone: of the grid
WITH
    -- A sum holds one call that cost as much as is said here: the first are in the hours of the first of these.
    hours AS
    (
        SELECT hour
        FROM
        (
            SELECT toStartOfHour(ts) AS hour
            FROM call_hours({{what_is_asked_for}}, grain = 'hour', timezone = 'UTC') AS c
            WHERE {{asked_for}}
            ORDER BY c.highest_cost DESC NULLS LAST
            LIMIT {rows:UInt32} WITH TIES
        )
        GROUP BY hour
    ),
    -- Ids are most of what is to be read of a call: they are read where one began with one of the first.
    firsts AS
    (
        SELECT ts
        FROM calls_at(moment = {moment:DateTime64(6, 'UTC')}) AS c
        WHERE {{asked_for}} AND toStartOfHour(c.ts) IN hours
        ORDER BY c.contracted_cost DESC NULLS LAST, c.ts DESC
        LIMIT {rows:UInt32} WITH TIES
    ),
    {{candidates}}
{{found_calls}}
WHERE {{asked_for}}
ORDER BY c.contracted_cost DESC NULLS LAST, c.ts DESC, c.trace_id, c.span_id
LIMIT {rows:UInt32}

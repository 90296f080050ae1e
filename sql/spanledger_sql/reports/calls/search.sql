-- Single calls, and buckets of calls of which only a metric or a usage report tells, as asked for: one row each.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): as the ledger was then
--   text String: what a trace, span or response id begins with, or what is a part of a user's, session's or run's id, of a
--     tenant, service, feature, workflow, model or error; '': anything
--   state String: `failed`, `rate limited`, `cut off`, `unpriced`, `partly priced`, `without usage`, `without tenant`,
--     `without emissions`; '': any
--   sort String: `start` (the latest first), `cost`, `emissions`, `duration`, `first token` or `tokens` (the most first)
--   since String: only those that began then or later, as calls/found tells of the latest, UTC; '': all
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
    asked AS
    (
        SELECT *
        FROM calls_at(moment = {moment:DateTime64(6, 'UTC')}) AS c
        WHERE {{asked_for}}
            AND ({since:String} = '' OR c.ts >= parseDateTime64BestEffortOrNull({since:String}, 9, 'UTC'))
            AND {{has_text}}
            AND if({state:String} = 'rate limited', {{rate_limited}},
                if({state:String} = 'cut off', {{cut_off}}, {{in_state}}))
    ),
    -- What calls are put in order by is read of all of them, ids, which are most of what is to be read of a call, where one
    -- began with one of the first, and all columns of these alone.
    firsts AS
    (
        SELECT ts
        FROM asked AS c
        ORDER BY
            {{order_of_calls}}
        LIMIT {rows:UInt32} WITH TIES
    ),
    {{candidates}}
{{found_calls}}
WHERE {{asked_for}}
    AND ({since:String} = '' OR c.ts >= parseDateTime64BestEffortOrNull({since:String}, 9, 'UTC'))
    AND {{has_text}}
    AND if({state:String} = 'rate limited', {{rate_limited}},
        if({state:String} = 'cut off', {{cut_off}}, {{in_state}}))
ORDER BY
    {{order_of_calls}},
    c.trace_id,
    c.span_id
LIMIT {rows:UInt32}

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
    -- Of each of the first sums one call costs as much as is said here, so that whoever is among the first costs no less than the last of
    -- these, or began no earlier: where that is, and what it costs. Fewer sums than are asked for tell nothing of the cost.
    (
        SELECT
            groupUniqArray(hour),
            if(count() < {rows:UInt32}, (toUInt8(0), toDecimal64(-999999, 12), toInt64(0)), min((is_known, cost, began)))
        FROM
        (
            SELECT
                toStartOfHour(c.ts) AS hour,
                toUnixTimestamp64Nano(c.ts) - positiveModulo(toUnixTimestamp64Nano(c.ts), 3600000000000) AS began,
                toUInt8(c.highest_cost IS NOT NULL) AS is_known,
                ifNull(c.highest_cost, toDecimal64(0, 12)) AS cost
            FROM call_hours({{what_is_asked_for}}, grain = 'hour', timezone = 'UTC') AS c
            WHERE {{asked_for}}
            ORDER BY is_known DESC, cost DESC, began DESC
            LIMIT {rows:UInt32}
        )
    ) AS dear,
    -- Rows that another has replaced are among them, and give way to it below.
    candidates AS
    (
        SELECT toStartOfHour(ts) AS hour, trace_id, span_id
        FROM (SELECT *, if(response_model != '', response_model, request_model) AS model FROM ledger) AS c
        WHERE toStartOfHour(c.ts) IN dear.1
            AND (toUInt8(c.contracted_cost IS NOT NULL), ifNull(c.contracted_cost, toDecimal64(0, 12)),
                 toUnixTimestamp64Nano(c.ts) - positiveModulo(toUnixTimestamp64Nano(c.ts), 3600000000000)) >= dear.2
            AND {{asked_for}}
    )
{{found_calls}}
WHERE {{asked_for}}
ORDER BY c.contracted_cost DESC NULLS LAST, c.ts DESC, c.trace_id, c.span_id
LIMIT {rows:UInt32}

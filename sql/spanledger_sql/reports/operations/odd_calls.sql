-- Calls that say what cannot be: a start that no call can have had, an id that is none. They are booked as they are.
--
-- Columns:
--   early, late: starts before 2015, or more than a day after the call was booked
--   first, last: start of the first and of the last call, UTC
--   invalid_ids: trace or span ids that are not 32 and 16 hex digits, or all 0; a tenant's token adds 8 to the first
SELECT
    countIf(ts < toDateTime64('2015-01-01', 9, 'UTC')) AS early,
    countIf(ts > addDays(enriched_at, 1)) AS late,
    min(ts) AS first,
    max(ts) AS last,
    countIf(NOT match(trace_id, '^[0-9a-f]{32}(-[0-9a-f]{8})?$') OR NOT match(span_id, '^[0-9a-f]{16}$')
            OR NOT match(substring(trace_id, 1, 32), '[1-9a-f]') OR NOT match(span_id, '[1-9a-f]')) AS invalid_ids
FROM calls

-- How fast calls are answered over time, and how many are refused or cut off.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   timezone String: of the buckets
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): as the ledger was then
--   grain String: `hour`, `day`, `week` (from Monday) or `month`
-- Columns:
--   bucket: start of the local hour, day, week or month, as wall-clock time of the time zone
--   calls: counted ones
--   ttft_calls: of them, that tell how long their first token took
--   ttft_ms_p50, ttft_ms_p95: of these, ms
--   duration_ms_p50, duration_ms_p95: of calls that succeeded, from start to end, ms
--   rate_limited_calls: refused since too much was asked at once (HTTP 429)
--   failed_calls: all that failed, these included
--   cut_off_calls: answers that ended at a limit of their length
SELECT
    dateTrunc(
        {grain:String},
        addSeconds(toDateTime(c.ts), timezoneOffset(toTimeZone(c.ts, {timezone:String}))),
        'UTC'
    ) AS bucket,
    sum(c.known_calls) AS calls,
    sumIf(c.least_calls, c.granularity = 'call' AND c.ttft_ms > 0) AS ttft_calls,
    if(ttft_calls = 0, NULL, quantilesExactWeightedIf(0.5, 0.95)(
        toUInt64(round(ifNull(c.ttft_ms, 0))), 1, c.granularity = 'call' AND c.ttft_ms > 0)[1]) AS ttft_ms_p50,
    if(ttft_calls = 0, NULL, quantilesExactWeightedIf(0.5, 0.95)(
        toUInt64(round(ifNull(c.ttft_ms, 0))), 1, c.granularity = 'call' AND c.ttft_ms > 0)[2]) AS ttft_ms_p95,
    if(countIf(c.granularity = 'call' AND c.status != 'error' AND c.duration_ms > 0) = 0, NULL, quantilesExactWeightedIf(0.5, 0.95)(
        toUInt64(round(c.duration_ms)), 1, c.granularity = 'call' AND c.status != 'error' AND c.duration_ms > 0)[1]) AS duration_ms_p50,
    if(countIf(c.granularity = 'call' AND c.status != 'error' AND c.duration_ms > 0) = 0, NULL, quantilesExactWeightedIf(0.5, 0.95)(
        toUInt64(round(c.duration_ms)), 1, c.granularity = 'call' AND c.status != 'error' AND c.duration_ms > 0)[2]) AS duration_ms_p95,
    sumIf(c.least_calls, {{rate_limited}}) AS rate_limited_calls,
    sumIf(c.least_calls, c.status = 'error') AS failed_calls,
    sumIf(c.least_calls, {{cut_off}}) AS cut_off_calls
FROM
(
    SELECT * FROM calls_at(moment = {moment:DateTime64(6, 'UTC')}) AS c
    WHERE {{asked_for}}
) AS c
GROUP BY bucket
ORDER BY bucket

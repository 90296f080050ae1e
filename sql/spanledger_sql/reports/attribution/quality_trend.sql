-- What calls left untold over time.
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
--   unattributed: of them, without a tenant
--   unpriced: of them, without a price
--   partly_priced: of them, of which a part of what was charged for has no price
--   missing_usage: of them, that succeeded and name no tokens
--   estimated_usage: of them, whose tokens were estimated
--   unknown_co2e: of them, without known emissions
SELECT
    dateTrunc(
        {grain:String},
        addSeconds(toDateTime(c.ts), timezoneOffset(toTimeZone(c.ts, {timezone:String}))),
        'UTC'
    ) AS bucket,
    sum(c.known_calls) AS calls,
    sumIf(c.least_calls, c.tenant_id IN ('', '(unattributed)')) AS unattributed,
    sumIf(c.least_calls, c.price_status = 'unpriced') AS unpriced,
    sumIf(c.least_calls, c.price_status = 'partial') AS partly_priced,
    sumIf(c.least_calls, c.usage_source = 'missing' AND c.status = 'ok') AS missing_usage,
    sumIf(c.least_calls, c.usage_source = 'estimated') AS estimated_usage,
    sumIf(c.least_calls, c.co2e_g IS NULL) AS unknown_co2e
FROM call_hours({{what_is_asked_for}}, grain = {grain:String}, timezone = {timezone:String}) AS c
WHERE {{asked_for}}
GROUP BY bucket
ORDER BY bucket

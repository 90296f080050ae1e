-- Tokens a minute over time: of each hour, day, week or month its busiest minute, by name.
--
-- A call's tokens, input and output, are those of the minute in which it began; buckets of calls, of which nobody knows the
-- minute, are left out. The names with the most tokens keep their own row, the others are taken together, minute by minute.
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
--   dimension String: `tenant`, `model`, `provider`, `service`, `feature`, or `none` for one row of all
--   names UInt16: how many names keep a row
-- Columns:
--   bucket: start of the local hour, day, week or month, as wall-clock time of the time zone
--   name: of the dimension; `(all others)` for those that keep no row
--   tokens: of the bucket
--   calls: counted ones
--   peak_tokens_per_minute: the most of one minute
--   peak_at: when that minute began, UTC
--   rate_limited_calls: refused since too much was asked at once (HTTP 429)
WITH
    by_minute AS MATERIALIZED
    (
        SELECT
            multiIf(
                {dimension:String} = 'tenant', if(c.tenant_id = '', '(unattributed)', c.tenant_id),
                {dimension:String} = 'model', if(c.model = '', '(unknown model)', c.model),
                {dimension:String} = 'provider', if(c.provider = '', '(unknown provider)', c.provider),
                {dimension:String} = 'service', if(c.service_name = '', '(no service)', c.service_name),
                {dimension:String} = 'feature', if(c.feature = '', '(no feature)', c.feature),
                '(all)'
            ) AS name,
            toStartOfMinute(toDateTime(c.ts, 'UTC')) AS minute,
            sum(c.input_tokens + c.output_tokens) AS tokens,
            sum(c.known_calls) AS calls,
            sumIf(c.least_calls, {{rate_limited}}) AS rate_limited_calls
        FROM
        (
            SELECT * FROM calls_at(moment = {moment:DateTime64(6, 'UTC')}) AS c
            WHERE {{asked_for}} AND granularity = 'call'
        ) AS c
        GROUP BY name, minute
    ),
    largest AS
    (
        SELECT name
        FROM by_minute
        GROUP BY name
        ORDER BY sum(tokens) DESC, name
        LIMIT {names:UInt16}
    ),
    shown AS
    (
        SELECT
            if(name IN (SELECT name FROM largest), name, '(all others)') AS shown_name,
            minute,
            sum(b.tokens) AS tokens,
            sum(b.calls) AS calls,
            sum(b.rate_limited_calls) AS rate_limited_calls
        FROM by_minute AS b
        GROUP BY shown_name, minute
    )
SELECT
    dateTrunc({grain:String}, addSeconds(s.minute, timezoneOffset(toTimeZone(s.minute, {timezone:String}))), 'UTC') AS bucket,
    s.shown_name AS name,
    sum(s.tokens) AS tokens,
    sum(s.calls) AS calls,
    max(s.tokens) AS peak_tokens_per_minute,
    argMax(s.minute, (s.tokens, -toInt64(toUnixTimestamp(s.minute)))) AS peak_at,
    sum(s.rate_limited_calls) AS rate_limited_calls
FROM shown AS s
GROUP BY bucket, name
ORDER BY bucket, name = '(all others)', name

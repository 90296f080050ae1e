-- How much is asked of providers at once and how fast they answer: tokens a minute, latency, what was refused or cut off.
--
-- A call's tokens, input and output, are those of the minute in which it began. Of buckets of calls, of which only a metric
-- or a usage report tells, nobody knows the minute: their calls and tokens are counted, and are in no minute and no latency.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): as the ledger was then
--   by Array(String): any of tenant, cost_center, environment, service, feature, provider, account, model; the others are
--     folded into ''
--   token_limit UInt64: tokens a minute that each row may use; 0: none is known
--   rows UInt32: how many rows at most, those with the most tokens
-- Columns:
--   tenant, cost_center, environment, service, feature, provider, account, model: '' where not asked for
--   calls: counted ones
--   bucket_calls: of them, in buckets of which nobody knows the minute
--   tokens: input and output
--   busy_minutes: minutes in which a call began
--   mean_tokens_per_minute: tokens over these minutes
--   p99_tokens_per_minute: of these minutes, 99 of 100 had no more
--   peak_tokens_per_minute: the most of one minute
--   peak_at: when that minute began, UTC
--   peak_calls_per_minute: the most calls of one minute
--   minutes_over_limit: minutes with more tokens than `token_limit`; NULL without one
--   rate_limited_calls: refused since too much was asked at once (HTTP 429)
--   failed_calls: all that failed, these included
--   cut_off_calls: answers that ended at a limit of their length
--   ttft_calls: calls that tell how long their first token took
--   ttft_ms_p50, ttft_ms_p95, ttft_ms_p99: of these, ms
--   duration_ms_p50, duration_ms_p95, duration_ms_p99: of calls that succeeded, from start to end, ms
--   all_rows: how many rows there would be
WITH
    asked AS
    (
        SELECT
            if(has({by:Array(String)}, 'tenant'), if(tenant_id = '', '(unattributed)', tenant_id), '') AS tenant,
            if(has({by:Array(String)}, 'cost_center'), c.cost_center, '') AS cost_center,
            if(has({by:Array(String)}, 'environment'), c.environment, '') AS environment,
            if(has({by:Array(String)}, 'service'), service_name, '') AS service,
            if(has({by:Array(String)}, 'feature'), c.feature, '') AS feature,
            if(has({by:Array(String)}, 'provider'), c.provider, '') AS provider,
            if(has({by:Array(String)}, 'account'), provider_account, '') AS account,
            if(has({by:Array(String)}, 'model'), c.model, '') AS model,
            c.granularity = 'call' AS is_call,
            if(is_call, toStartOfMinute(toDateTime(c.ts, 'UTC')), toDateTime(0, 'UTC')) AS minute,
            c.input_tokens + c.output_tokens AS tokens,
            c.known_calls AS known_calls,
            c.least_calls AS least_calls,
            {{rate_limited}} AS is_refused,
            c.status = 'error' AS is_failed,
            {{cut_off}} AS is_cut_off,
            if(is_call AND c.ttft_ms > 0, c.ttft_ms, NULL) AS ttft,
            -- Whole milliseconds: as many as there are values, however many calls.
            if(is_call AND c.status != 'error' AND c.duration_ms > 0, c.duration_ms, NULL) AS lasted
        FROM
        (
            SELECT * FROM calls_at(moment = {moment:DateTime64(6, 'UTC')}) AS c
            WHERE {{asked_for}}
        ) AS c
    ),
    by_minute AS
    (
        SELECT
            tenant, cost_center, environment, service, feature, provider, account, model,
            minute,
            sum(a.known_calls) AS minute_calls,
            sum(a.tokens) AS minute_tokens
        FROM asked AS a
        WHERE is_call
        GROUP BY tenant, cost_center, environment, service, feature, provider, account, model, minute
    ),
    minutes AS
    (
        SELECT
            tenant, cost_center, environment, service, feature, provider, account, model,
            toUInt64(uniqExact(minute)) AS busy_minutes,
            sum(minute_tokens) AS tokens_in_minutes,
            quantileExactHigh(0.99)(minute_tokens) AS p99_tokens,
            max(minute_tokens) AS peak_tokens,
            argMax(minute, (minute_tokens, -toInt64(toUnixTimestamp(minute)))) AS peak_minute,
            max(minute_calls) AS peak_calls,
            sum(toUInt64(minute_tokens > {token_limit:UInt64})) AS over_limit
        FROM by_minute
        GROUP BY tenant, cost_center, environment, service, feature, provider, account, model
    ),
    per_row AS
    (
        SELECT
            tenant, cost_center, environment, service, feature, provider, account, model,
            sum(a.known_calls) AS calls,
            sumIf(a.known_calls, NOT is_call) AS bucket_calls,
            sum(a.tokens) AS tokens,
            sumIf(a.least_calls, is_refused) AS rate_limited_calls,
            sumIf(a.least_calls, is_failed) AS failed_calls,
            sumIf(a.least_calls, is_cut_off) AS cut_off_calls,
            sumIf(a.least_calls, ttft IS NOT NULL) AS ttft_calls,
            quantilesExactWeightedIf(0.5, 0.95, 0.99)(toUInt64(round(ifNull(ttft, 0))), 1, ttft IS NOT NULL) AS ttfts,
            sumIf(a.least_calls, lasted IS NOT NULL) AS lasting,
            quantilesExactWeightedIf(0.5, 0.95, 0.99)(toUInt64(round(ifNull(lasted, 0))), 1, lasted IS NOT NULL) AS durations
        FROM asked AS a
        GROUP BY tenant, cost_center, environment, service, feature, provider, account, model
    )
SELECT
    p.tenant AS tenant,
    p.cost_center AS cost_center,
    p.environment AS environment,
    p.service AS service,
    p.feature AS feature,
    p.provider AS provider,
    p.account AS account,
    p.model AS model,
    p.calls AS calls,
    p.bucket_calls AS bucket_calls,
    p.tokens AS tokens,
    ifNull(m.busy_minutes, 0) AS busy_minutes,
    m.tokens_in_minutes / nullIf(m.busy_minutes, 0) AS mean_tokens_per_minute,
    m.p99_tokens AS p99_tokens_per_minute,
    m.peak_tokens AS peak_tokens_per_minute,
    m.peak_minute AS peak_at,
    m.peak_calls AS peak_calls_per_minute,
    if({token_limit:UInt64} = 0, NULL, ifNull(m.over_limit, 0)) AS minutes_over_limit,
    p.rate_limited_calls AS rate_limited_calls,
    p.failed_calls AS failed_calls,
    p.cut_off_calls AS cut_off_calls,
    p.ttft_calls AS ttft_calls,
    if(p.ttft_calls = 0, NULL, p.ttfts[1]) AS ttft_ms_p50,
    if(p.ttft_calls = 0, NULL, p.ttfts[2]) AS ttft_ms_p95,
    if(p.ttft_calls = 0, NULL, p.ttfts[3]) AS ttft_ms_p99,
    if(p.lasting = 0, NULL, p.durations[1]) AS duration_ms_p50,
    if(p.lasting = 0, NULL, p.durations[2]) AS duration_ms_p95,
    if(p.lasting = 0, NULL, p.durations[3]) AS duration_ms_p99,
    count() OVER () AS all_rows
FROM per_row AS p
LEFT JOIN minutes AS m
    ON m.tenant = p.tenant AND m.cost_center = p.cost_center AND m.environment = p.environment AND m.service = p.service
    AND m.feature = p.feature AND m.provider = p.provider AND m.account = p.account AND m.model = p.model
ORDER BY tokens DESC, calls DESC, tenant, model, provider, account, feature, service, cost_center, environment
LIMIT {rows:UInt32}

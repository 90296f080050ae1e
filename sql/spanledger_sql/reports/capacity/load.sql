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
--     folded into ''; and (whole): the first row is of all calls
--   token_limit UInt64: tokens a minute that each row may use; 0: none is known
--   rows UInt32: how many rows at most, those with the most tokens, beside that of all
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
--   all_rows: how many rows there would be, beside that of all
WITH
    asked AS
    (
        SELECT
            parted,
            if(parted AND has({by:Array(String)}, 'tenant'), if(tenant_id = '', '(unattributed)', tenant_id), '') AS tenant,
            if(parted AND has({by:Array(String)}, 'cost_center'), c.cost_center, '') AS cost_center,
            if(parted AND has({by:Array(String)}, 'environment'), c.environment, '') AS environment,
            if(parted AND has({by:Array(String)}, 'service'), service_name, '') AS service,
            if(parted AND has({by:Array(String)}, 'feature'), c.feature, '') AS feature,
            if(parted AND has({by:Array(String)}, 'provider'), c.provider, '') AS provider,
            if(parted AND has({by:Array(String)}, 'account'), provider_account, '') AS account,
            if(parted AND has({by:Array(String)}, 'model'), c.model, '') AS model,
            -- Of many calls in many minutes one number is found sooner than eight names: told apart as long as no two rows have the same
            -- of 64 bits.
            cityHash64(parted, tenant, cost_center, environment, service, feature, provider, account, model) AS row,
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
        -- Who asks for the whole besides has the calls read once.
        ARRAY JOIN if(has({by:Array(String)}, '(whole)'), [0, 1], [1]) AS parted
    ),
    by_minute AS
    (
        SELECT
            row,
            is_call,
            minute,
            sum(a.known_calls) AS calls,
            sum(a.tokens) AS tokens,
            sumIf(a.least_calls, is_refused) AS refused,
            sumIf(a.least_calls, is_failed) AS failed,
            sumIf(a.least_calls, is_cut_off) AS cut_off
        FROM asked AS a
        GROUP BY row, is_call, minute
    ),
    minutes AS
    (
        SELECT
            row,
            sum(b.calls) AS calls,
            sumIf(b.calls, NOT is_call) AS bucket_calls,
            sum(b.tokens) AS tokens,
            sum(refused) AS rate_limited_calls,
            sum(failed) AS failed_calls,
            sum(cut_off) AS cut_off_calls,
            countIf(is_call) AS busy_minutes,
            sumIf(b.tokens, is_call) AS tokens_in_minutes,
            quantileExactHighIf(0.99)(b.tokens, is_call) AS p99_tokens,
            maxIf(b.tokens, is_call) AS peak_tokens,
            argMaxIf(minute, (b.tokens, -toInt64(toUnixTimestamp(minute))), is_call) AS peak_minute,
            maxIf(b.calls, is_call) AS peak_calls,
            countIf(is_call AND b.tokens > {token_limit:UInt64}) AS over_limit
        FROM by_minute AS b
        GROUP BY row
    ),
    times AS
    (
        SELECT
            row,
            any(a.parted) AS parted,
            any(a.tenant) AS tenant,
            any(a.cost_center) AS cost_center,
            any(a.environment) AS environment,
            any(a.service) AS service,
            any(a.feature) AS feature,
            any(a.provider) AS provider,
            any(a.account) AS account,
            any(a.model) AS model,
            sumIf(a.least_calls, ttft IS NOT NULL) AS ttft_calls,
            quantilesExactWeightedIf(0.5, 0.95, 0.99)(toUInt64(round(ifNull(ttft, 0))), 1, ttft IS NOT NULL) AS ttfts,
            sumIf(a.least_calls, lasted IS NOT NULL) AS lasting,
            quantilesExactWeightedIf(0.5, 0.95, 0.99)(toUInt64(round(ifNull(lasted, 0))), 1, lasted IS NOT NULL) AS durations
        FROM asked AS a
        GROUP BY row
    )
SELECT
    t.tenant AS tenant,
    t.cost_center AS cost_center,
    t.environment AS environment,
    t.service AS service,
    t.feature AS feature,
    t.provider AS provider,
    t.account AS account,
    t.model AS model,
    m.calls AS calls,
    m.bucket_calls AS bucket_calls,
    m.tokens AS tokens,
    m.busy_minutes AS busy_minutes,
    m.tokens_in_minutes / nullIf(m.busy_minutes, 0) AS mean_tokens_per_minute,
    if(m.busy_minutes = 0, NULL, m.p99_tokens) AS p99_tokens_per_minute,
    if(m.busy_minutes = 0, NULL, m.peak_tokens) AS peak_tokens_per_minute,
    if(m.busy_minutes = 0, NULL, m.peak_minute) AS peak_at,
    if(m.busy_minutes = 0, NULL, m.peak_calls) AS peak_calls_per_minute,
    if({token_limit:UInt64} = 0, NULL, m.over_limit) AS minutes_over_limit,
    m.rate_limited_calls AS rate_limited_calls,
    m.failed_calls AS failed_calls,
    m.cut_off_calls AS cut_off_calls,
    t.ttft_calls AS ttft_calls,
    if(t.ttft_calls = 0, NULL, t.ttfts[1]) AS ttft_ms_p50,
    if(t.ttft_calls = 0, NULL, t.ttfts[2]) AS ttft_ms_p95,
    if(t.ttft_calls = 0, NULL, t.ttfts[3]) AS ttft_ms_p99,
    if(t.lasting = 0, NULL, t.durations[1]) AS duration_ms_p50,
    if(t.lasting = 0, NULL, t.durations[2]) AS duration_ms_p95,
    if(t.lasting = 0, NULL, t.durations[3]) AS duration_ms_p99,
    countIf(t.parted) OVER () AS all_rows
FROM minutes AS m
INNER JOIN times AS t
    ON t.row = m.row
ORDER BY t.parted, tokens DESC, calls DESC, tenant, model, provider, account, feature, service, cost_center, environment
LIMIT {rows:UInt32} + has({by:Array(String)}, '(whole)')

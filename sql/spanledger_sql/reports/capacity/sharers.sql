-- Who used whose share: of each provider's model the tenants' parts of the tokens in minutes in which there was not enough
-- for all, beside their parts of the rest of the time, and whose calls were refused then.
--
-- A minute is short where a call of that model was refused (HTTP 429), or more tokens were asked for than `token_limit`.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): as the ledger was then
--   token_limit UInt64: tokens a minute that a model may use; 0: none is known
--   rows UInt32: how many rows at most
-- Columns:
--   provider, model: of the calls
--   tenant: whose calls; calls without one as `(unattributed)`
--   short_minutes: of the model
--   tokens: of the tenant in these minutes
--   short_share: of all tokens of the model in these minutes, 0 to 1
--   other_share: of all tokens of the model in other minutes, 0 to 1; NULL where it had none
--   rate_limited_calls: of the tenant
--   rate_limited_share: of all refused calls of the model, 0 to 1; NULL where there are none
--   all_rows: how many rows there would be
WITH
    -- The minutes in which there was not enough: without a limit nothing but refused calls tells of them.
    short AS MATERIALIZED
    (
        SELECT
            CAST(c.provider, 'String') AS provider,
            CAST(c.model, 'String') AS model,
            toStartOfMinute(toDateTime(c.ts, 'UTC')) AS minute
        FROM
        (
            SELECT * FROM calls_at(moment = {moment:DateTime64(6, 'UTC')}) AS c
            WHERE {{asked_for}} AND granularity = 'call' AND ({token_limit:UInt64} > 0 OR {{rate_limited}})
        ) AS c
        GROUP BY provider, model, minute
        HAVING sumIf(c.least_calls, {{rate_limited}}) > 0
            OR ({token_limit:UInt64} > 0 AND sum(c.input_tokens + c.output_tokens) > {token_limit:UInt64})
    ),
    of_tenants AS
    (
        SELECT
            CAST(c.provider, 'String') AS provider,
            CAST(c.model, 'String') AS model,
            if(c.tenant_id = '', '(unattributed)', CAST(c.tenant_id, 'String')) AS tenant,
            sumIf(c.input_tokens + c.output_tokens, is_short) AS tokens,
            sumIf(c.input_tokens + c.output_tokens, NOT is_short) AS other_tokens,
            sumIf(c.least_calls, {{rate_limited}}) AS rate_limited_calls,
            tokens / nullIf(sum(tokens) OVER (PARTITION BY provider, model), 0) AS short_share,
            other_tokens / nullIf(sum(other_tokens) OVER (PARTITION BY provider, model), 0) AS other_share,
            rate_limited_calls / nullIf(sum(rate_limited_calls) OVER (PARTITION BY provider, model), 0) AS rate_limited_share
        FROM
        (
            SELECT
                *,
                (c.provider, c.model, toStartOfMinute(toDateTime(c.ts, 'UTC'))) IN (SELECT provider, model, minute FROM short) AS is_short
            FROM calls_at(moment = {moment:DateTime64(6, 'UTC')}) AS c
            WHERE {{asked_for}} AND granularity = 'call' AND (c.provider, c.model) IN (SELECT provider, model FROM short)
        ) AS c
        GROUP BY provider, model, tenant
    ),
    of_models AS
    (
        SELECT provider, model, count() AS short_minutes
        FROM short
        GROUP BY provider, model
    )
SELECT
    t.provider AS provider,
    t.model AS model,
    t.tenant AS tenant,
    m.short_minutes AS short_minutes,
    t.tokens AS tokens,
    t.short_share AS short_share,
    t.other_share AS other_share,
    t.rate_limited_calls AS rate_limited_calls,
    t.rate_limited_share AS rate_limited_share,
    count() OVER () AS all_rows
FROM of_tenants AS t
INNER JOIN of_models AS m
    ON m.provider = t.provider AND m.model = t.model
ORDER BY short_minutes DESC, provider, model, tokens DESC, tenant
LIMIT {rows:UInt32}

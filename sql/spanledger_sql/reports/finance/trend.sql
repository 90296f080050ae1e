-- What was spent over time, stacked by tenant, model, feature, provider or a dimension of one's own.
--
-- The largest names keep their own series, the others are summed into '(all others)'; '(unattributed)' is always
-- a series of its own.
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
--   dimension String: `tenant`, `model`, `feature`, `provider`, or `own` for the dimension of one's own
--   series UInt16: how many names keep a series
-- Columns:
--   bucket: start of the local hour, day, week or month, as wall-clock time of the time zone
--   name: of the dimension
--   calls: counted ones
--   unknown_cost_calls: of them, without a known cost
--   tokens: input + output
--   contracted_cost: USD, sum of what is known
WITH
    by_bucket AS
    (
        SELECT
            dateTrunc(
                {grain:String},
                addSeconds(toDateTime(ts), timezoneOffset(toTimeZone(ts, {timezone:String}))),
                'UTC'
            ) AS bucket,
            if({dimension:String} = 'own', {{own_name}}, multiIf(
                {dimension:String} = 'tenant', if(tenant_id = '', '(unattributed)', tenant_id),
                {dimension:String} = 'model', if(model = '', '(unknown model)', model),
                {dimension:String} = 'feature', if(feature = '', '(no feature)', feature),
                if(provider = '', '(unknown provider)', provider)
            )) AS name,
            sum(c.known_calls) AS calls,
            sumIf(c.least_calls, c.contracted_cost IS NULL) AS unknown_cost_calls,
            sum(c.input_tokens + c.output_tokens) AS tokens,
            sum(toDecimal128(c.contracted_cost, 12)) AS contracted_cost
        FROM call_hours({{what_is_asked_for}}, grain = {grain:String}, timezone = {timezone:String}) AS c
        WHERE {{asked_for}}
        GROUP BY
            bucket,
            name
    ),
    with_whole AS
    (
        SELECT
            *,
            sum(contracted_cost) OVER (PARTITION BY name) AS whole_cost,
            sum(calls) OVER (PARTITION BY name) AS whole_calls
        FROM by_bucket
    ),
    ranked AS
    (
        SELECT
            *,
            dense_rank() OVER (
                PARTITION BY name = '(unattributed)'
                ORDER BY whole_cost DESC NULLS LAST, whole_calls DESC, name
            ) AS place
        FROM with_whole
    )
SELECT
    r.bucket AS bucket,
    if(r.name = '(unattributed)' OR r.place <= {series:UInt16}, r.name, '(all others)') AS name,
    sum(r.calls) AS calls,
    sum(r.unknown_cost_calls) AS unknown_cost_calls,
    sum(r.tokens) AS tokens,
    sum(r.contracted_cost) AS contracted_cost
FROM ranked AS r
GROUP BY
    bucket,
    name
ORDER BY
    bucket,
    name

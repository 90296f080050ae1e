-- What was spent over time, stacked by tenant, model, feature or provider.
--
-- The largest names keep their own series, the others are summed into '(all others)'; '(unattributed)' is always
-- a series of its own.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   timezone String: of the buckets
--   tenants Array(String): whose calls; empty: all
--   moment DateTime64(6, 'UTC'): as the ledger was then
--   grain String: `hour`, `day`, `week` (from Monday) or `month`
--   dimension String: `tenant`, `model`, `feature` or `provider`
--   series UInt16: how many names keep a series
-- Columns:
--   bucket: start of the local hour, day, week or month, as wall-clock time of the time zone
--   name: of the dimension
--   calls: counted ones
--   unknown_cost_calls: of them, without a known cost
--   tokens: input + output
--   contracted_cost: USD, sum of what is known
WITH
    selected AS
    (
        SELECT
            dateTrunc(
                {grain:String},
                addSeconds(toDateTime(ts), timezoneOffset(toTimeZone(ts, {timezone:String}))),
                'UTC'
            ) AS bucket,
            multiIf(
                {dimension:String} = 'tenant', if(tenant_id = '', '(unattributed)', tenant_id),
                {dimension:String} = 'model', if(model = '', '(unknown model)', model),
                {dimension:String} = 'feature', if(feature = '', '(no feature)', feature),
                if(provider = '', '(unknown provider)', provider)
            ) AS name,
            input_tokens + output_tokens AS tokens,
            contracted_cost,
            known_calls,
            least_calls
        FROM calls_at(moment = {moment:DateTime64(6, 'UTC')})
        WHERE ts >= {from:DateTime64(9, 'UTC')}
            AND ts < {to:DateTime64(9, 'UTC')}
            AND (empty({tenants:Array(String)})
                OR has({tenants:Array(String)}, if(tenant_id = '', '(unattributed)', tenant_id)))
    ),
    largest AS
    (
        SELECT name
        FROM selected
        WHERE name != '(unattributed)'
        GROUP BY name
        ORDER BY
            sum(toDecimal128(contracted_cost, 12)) DESC NULLS LAST,
            sum(known_calls) DESC,
            name
        LIMIT {series:UInt16}
    )
SELECT
    bucket,
    if(s.name = '(unattributed)' OR s.name IN (SELECT name FROM largest), s.name, '(all others)') AS name,
    sum(known_calls) AS calls,
    sumIf(least_calls, s.contracted_cost IS NULL) AS unknown_cost_calls,
    sum(s.tokens) AS tokens,
    sum(toDecimal128(s.contracted_cost, 12)) AS contracted_cost
FROM selected AS s
GROUP BY
    bucket,
    name
ORDER BY
    bucket,
    name

-- What the calls of a period cost by provider, without those that a commitment pays; from sums where these are kept.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   provider: as calls name it
--   metered: contracted cost, USD, sum of what is known
WITH
    told AS
    (
        SELECT
            CAST(c.provider, 'String') AS provider,
            sum(toDecimal128(ifNull(c.contracted_cost, 0), 12)) AS cost
        FROM call_hours(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')},
            moment = toDateTime64('2200-01-01', 6, 'UTC'), grain = 'period', timezone = 'UTC', told = ['']) AS c
        GROUP BY provider
        -- <commitments>
        UNION ALL
        SELECT CAST(c.provider, 'String') AS provider, -sum(toDecimal128(ifNull(c.contracted_cost, 0), 12))
        FROM calls AS c
        INNER JOIN paid_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}) AS paid
            ON paid.trace_id = c.trace_id AND paid.span_id = c.span_id
        WHERE c.ts >= {from:DateTime64(9, 'UTC')} AND c.ts < {to:DateTime64(9, 'UTC')}
            AND (SELECT count() FROM commitment) > 0
        GROUP BY provider
        -- </commitments>
    )
SELECT
    t.provider AS provider,
    sum(t.cost) AS metered
FROM told AS t
GROUP BY provider
ORDER BY provider

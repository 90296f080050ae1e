-- What each tenant's calls cost in each five minutes of the clock: what runaways are found in.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the time, half-open
-- Columns:
--   tenant: whose calls
--   bucket: when the five minutes began, UTC
--   cost: contracted, USD, sum of what is known
SELECT
    CAST(tenant_id, 'String') AS tenant,
    toStartOfFiveMinutes(toDateTime(c.ts, 'UTC')) AS bucket,
    toFloat64(sum(ifNull(toDecimal128(c.contracted_cost, 12), toDecimal128(0, 12)))) AS cost
FROM calls AS c
WHERE c.ts >= {from:DateTime64(9, 'UTC')}
    AND c.ts < {to:DateTime64(9, 'UTC')}
GROUP BY
    tenant,
    bucket
ORDER BY
    tenant,
    bucket

-- Five minutes in which very many calls of a tenant failed, and a large part of all, as with retries that nothing slows down: any five, to
-- the second; of those that begin within the same five minutes of the clock the worst.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the time, half-open
--   least UInt64: how many failed calls in five minutes
--   share Float64: which share of all calls they are at least
-- Columns:
--   tenant: whose calls
--   bucket: when the first of them began, UTC
--   failed: calls that ended in an error, in the worst of them
WITH
    by_second AS
    (
        SELECT
            CAST(tenant_id, 'String') AS tenant,
            toUnixTimestamp(toDateTime(c.ts, 'UTC')) AS second,
            sum(c.least_calls) AS here,
            sumIf(c.least_calls, c.status = 'error') AS failed_here
        FROM calls AS c
        WHERE c.ts >= {from:DateTime64(9, 'UTC')}
            AND c.ts < {to:DateTime64(9, 'UTC')}
            AND c.tenant_id IN (
                SELECT b.tenant_id
                FROM calls AS b
                WHERE b.ts >= {from:DateTime64(9, 'UTC')} AND b.ts < {to:DateTime64(9, 'UTC')} AND b.status = 'error'
                GROUP BY b.tenant_id
                HAVING sum(b.least_calls) >= {least:UInt64}
            )
        GROUP BY
            tenant,
            second
    )
SELECT
    tenant,
    toDateTime(min(first), 'UTC') AS bucket,
    max(failed_then) AS failed
FROM
(
    SELECT
        tenant,
        min(second) OVER five_minutes AS first,
        sum(here) OVER five_minutes AS made,
        sum(failed_here) OVER five_minutes AS failed_then
    FROM by_second
    WINDOW five_minutes AS (PARTITION BY tenant ORDER BY second RANGE BETWEEN 299 PRECEDING AND CURRENT ROW)
)
WHERE failed_then >= {least:UInt64} AND failed_then >= {share:Float64} * made
GROUP BY
    tenant,
    intDiv(first, 300)
ORDER BY
    bucket,
    tenant

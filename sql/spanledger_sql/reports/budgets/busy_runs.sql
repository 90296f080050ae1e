-- Runs that made very many calls within five minutes, as an agent does that goes round in circles: any five, to the second, whenever
-- they begin.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the time, half-open
--   least UInt64: how many calls in five minutes
-- Columns:
--   tenant: whose run
--   run: its name
--   bucket: when the first such five minutes began, UTC
--   until: when the last ended, UTC
--   calls: in the busiest of them
WITH
    by_second AS
    (
        SELECT
            CAST(tenant_id, 'String') AS tenant,
            c.run_id AS run,
            toUnixTimestamp(toDateTime(c.ts, 'UTC')) AS second,
            sum(c.least_calls) AS here
        FROM calls AS c
        WHERE c.ts >= {from:DateTime64(9, 'UTC')}
            AND c.ts < {to:DateTime64(9, 'UTC')}
            AND (c.tenant_id, c.run_id) IN (
                SELECT b.tenant_id, b.run_id
                FROM calls AS b
                WHERE b.ts >= {from:DateTime64(9, 'UTC')} AND b.ts < {to:DateTime64(9, 'UTC')} AND b.run_id != ''
                GROUP BY b.tenant_id, b.run_id
                HAVING sum(b.least_calls) >= {least:UInt64}
            )
        GROUP BY
            tenant,
            run,
            second
    )
SELECT
    tenant,
    run,
    toDateTime(min(first), 'UTC') AS bucket,
    toDateTime(max(first), 'UTC') + INTERVAL 5 MINUTE AS until,
    max(made) AS calls
FROM
(
    SELECT
        tenant,
        run,
        min(second) OVER five_minutes AS first,
        sum(here) OVER five_minutes AS made
    FROM by_second
    WINDOW five_minutes AS (PARTITION BY tenant, run ORDER BY second RANGE BETWEEN 299 PRECEDING AND CURRENT ROW)
)
WHERE made >= {least:UInt64}
GROUP BY
    tenant,
    run
ORDER BY
    bucket,
    tenant,
    run

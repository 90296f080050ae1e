-- Runs that made very many calls within five minutes, as an agent does that goes round in circles.
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
SELECT
    tenant,
    run,
    min(began) AS bucket,
    max(began) + INTERVAL 5 MINUTE AS until,
    max(made) AS calls
FROM
(
    SELECT
        CAST(tenant_id, 'String') AS tenant,
        c.run_id AS run,
        toStartOfFiveMinutes(toDateTime(c.ts, 'UTC')) AS began,
        sum(c.least_calls) AS made
    FROM calls AS c
    WHERE c.ts >= {from:DateTime64(9, 'UTC')}
        AND c.ts < {to:DateTime64(9, 'UTC')}
        AND c.run_id != ''
    GROUP BY
        tenant,
        run,
        began
    HAVING made >= {least:UInt64}
)
GROUP BY
    tenant,
    run
ORDER BY
    bucket,
    tenant,
    run

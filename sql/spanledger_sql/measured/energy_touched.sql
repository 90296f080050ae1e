-- The hosts' hours whose samples or calls changed: their energy has to be shared out anew.
-- Parameters: parts Array(String): parts of `energy_sample` that were not looked through yet; since, until UInt64: rows of the
--     ledger of batches after and up to these versions; everything UInt8: 1 for all hours of these samples, changed or not.
-- Columns: host_name, hour (UTC).
SELECT DISTINCT host_name, hour
FROM
(
    SELECT sampled.host_name AS host_name, sampled.hour AS hour
    FROM
    (
        SELECT
            host_name,
            toStartOfHour(toDateTime(started_at, 'UTC')) AS hour,
            uniqExact(trace_id, span_id) AS samples
        FROM energy_sample
        WHERE flaw = '' AND (host_name, toStartOfHour(toDateTime(started_at, 'UTC'))) IN (
            SELECT host_name, toStartOfHour(toDateTime(started_at, 'UTC'))
            FROM energy_sample
            WHERE _part IN {parts:Array(String)}
        )
        GROUP BY host_name, hour
    ) AS sampled
    LEFT JOIN (SELECT host_name, hour, samples FROM energy_allocation FINAL WHERE span_id = '') AS shared
        ON shared.host_name = sampled.host_name AND shared.hour = sampled.hour
    -- Those that were all shared out already are left alone.
    WHERE {everything:UInt8} = 1 OR ifNull(shared.samples, 0) != sampled.samples
    UNION ALL
    -- Calls that came late change the shares of those that were there.
    SELECT sample.host_name AS host_name, toStartOfHour(toDateTime(sample.started_at, 'UTC')) AS hour
    FROM energy_sample AS sample
    INNER JOIN
    (
        SELECT
            host_name,
            min(ts) AS first,
            max(least(ts, toDateTime64('2100-01-01 00:00:00', 9, 'UTC')) + toIntervalMillisecond(toInt64(least(duration_ms, 1e10)))) AS last
        FROM
        (
            SELECT
                trace_id,
                span_id,
                argMax(ledger.ts, version) AS ts,
                argMax(ledger.duration_ms, version) AS duration_ms,
                argMax(ledger.host_name, version) AS host_name,
                argMax((ledger.energy_method, ledger.counted), version) AS state
            FROM ledger
            WHERE ledger.version > {since:UInt64} AND ledger.version <= {until:UInt64}
                AND ledger.host_name IN (SELECT DISTINCT host_name FROM energy_sample)
            GROUP BY trace_id, span_id
        ) AS written
        -- What this very sharing out wrote is no news.
        WHERE state != ('measured', 1)
        GROUP BY host_name, toStartOfHour(ts)
    ) AS late
        ON late.host_name = sample.host_name
    WHERE sample.flaw = '' AND sample.started_at < late.last AND sample.ended_at > late.first
)
ORDER BY host_name, hour

-- The hosts' hours whose samples or calls changed: their energy has to be shared out anew.
-- Parameters: samples_after DateTime64(6, 'UTC'): samples ingested later; enriched_after DateTime64(6, 'UTC'): rows of
--     the ledger written later.
-- Columns: host_name, hour (UTC).
SELECT DISTINCT host_name, hour
FROM
(
    SELECT host_name, toStartOfHour(toDateTime(started_at, 'UTC')) AS hour
    FROM energy_sample
    WHERE ingested_at > {samples_after:DateTime64(6, 'UTC')}
    UNION ALL
    -- Calls that came late change the shares of those that were there.
    SELECT sample.host_name AS host_name, toStartOfHour(toDateTime(sample.started_at, 'UTC')) AS hour
    FROM energy_sample AS sample
    INNER JOIN
    (
        SELECT
            host_name,
            min(ts) AS first,
            max(ts + toIntervalMillisecond(toInt64(duration_ms))) AS last
        FROM ledger
        WHERE enriched_at > {enriched_after:DateTime64(6, 'UTC')}
            AND host_name IN (SELECT DISTINCT host_name FROM energy_sample)
            -- What this very sharing out wrote is no news.
            AND (energy_method != 'measured' OR counted = 0)
        GROUP BY host_name, toStartOfHour(ts)
    ) AS late
        ON late.host_name = sample.host_name
    WHERE sample.started_at < late.last AND sample.ended_at > late.first
)
ORDER BY host_name, hour

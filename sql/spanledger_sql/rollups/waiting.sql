-- Hours whose sums do not hold, the newest first, that nobody has written to for a while; together of about so many rows.
-- Parameters: quiet Float64: for how long, s; rows UInt64: how many rows; the first hour may have more.
SELECT hour, written, last_enriched_at
FROM
(
    SELECT
        written.hour AS hour,
        written.written AS written,
        written.last_enriched_at AS last_enriched_at,
        sum(written.written) OVER (ORDER BY written.hour DESC ROWS UNBOUNDED PRECEDING) AS up_to_here
    FROM
    (
        SELECT
            ledger_hour.hour AS hour,
            sum(ledger_hour.written) AS written,
            sum(ledger_hour.strays) AS strays,
            max(ledger_hour.last_enriched_at) AS last_enriched_at,
            max(ledger_hour.last_written_at) AS last_written_at
        FROM ledger_hour
        GROUP BY hour
    ) AS written
    LEFT JOIN (SELECT hour, written FROM ledger_hour_summed FINAL) AS summed
        ON summed.hour = written.hour
    WHERE written.written != ifNull(summed.written, 0)
        AND written.strays = 0
        AND written.last_written_at <= now64(6, 'UTC') - toIntervalMillisecond(toInt64({quiet:Float64} * 1000))
)
WHERE up_to_here <= {rows:UInt64} OR up_to_here = written
ORDER BY hour DESC

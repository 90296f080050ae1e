-- Hours or days whose sums do not hold, the newest first; together of about so many rows. Of an hour, nobody has written to it for
-- a while; of a day, the sums of its hours hold.
-- Parameters: hours UInt8: 1, or 24 for days; quiet Float64: for how long, s; rows UInt64: how many rows; the first may have more.
SELECT begins, written, last_enriched_at, left_out
FROM
(
    SELECT *, sum(unit.written) OVER (ORDER BY unit.begins DESC ROWS UNBOUNDED PRECEDING) AS up_to_here
    FROM
    (
        SELECT
            if({hours:UInt8} = 1, hour.hour, toStartOfDay(hour.hour)) AS begins,
            sum(hour.written) AS written,
            max(hour.last_enriched_at) AS last_enriched_at,
            groupUniqArrayArray(hour.left_out) AS left_out,
            max(hour.last_written_at) AS last_written_at,
            max(hour.strays) AS strays,
            min(hour.written = hour.summed) AS hours_hold
        FROM
        (
            SELECT written.*, ifNull(summed.written, 0) AS summed, summed.left_out AS left_out
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
            LEFT JOIN (SELECT begins, written, left_out FROM ledger_summed FINAL WHERE hours = 1) AS summed
                ON summed.begins = written.hour
        ) AS hour
        GROUP BY begins
    ) AS unit
    LEFT JOIN (SELECT begins, written FROM ledger_summed FINAL WHERE hours = {hours:UInt8}) AS summed
        ON summed.begins = unit.begins
    WHERE unit.written != ifNull(summed.written, 0)
        AND unit.strays = 0
        AND ({hours:UInt8} = 1 OR unit.hours_hold)
        AND unit.last_written_at <= now64(6, 'UTC') - toIntervalMillisecond(toInt64({quiet:Float64} * 1000))
)
WHERE up_to_here <= {rows:UInt64} OR up_to_here = written
ORDER BY begins DESC

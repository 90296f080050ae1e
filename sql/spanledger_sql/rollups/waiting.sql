-- Hours or days whose sums do not hold, the newest first, that nobody has written to for a while; together of about so many rows.
-- Of a day, the sums of all of its hours hold.
-- Parameters: hours UInt8: 1, or 24 for days; quiet Float64: for how long, s; rows UInt64: how many rows; the first may have more.
WITH
    units AS
    (
        SELECT
            hours,
            begins,
            sum(unit.written) AS written,
            max(unit.strays) AS strays,
            max(unit.last_enriched_at) AS last_enriched_at,
            max(unit.last_written_at) AS last_written_at,
            max(unit.summed) AS summed,
            summed.written = written AS holds
        FROM ledger_hour AS unit
        GROUP BY hours, begins
    ),
    days AS
    (
        SELECT
            toStartOfDay(begins) AS day,
            min(hours = 24 OR holds) AS hours_hold,
            groupUniqArrayArray(if(hours = 24, [], summed.left_out)) AS left_out
        FROM units
        GROUP BY day
    )
SELECT begins, written, last_enriched_at, left_out
FROM
(
    SELECT *, sum(units.written) OVER (ORDER BY units.begins DESC ROWS UNBOUNDED PRECEDING) AS up_to_here
    FROM units
    INNER JOIN days
        ON days.day = toStartOfDay(units.begins)
    WHERE hours = {hours:UInt8}
        AND NOT holds
        AND strays = 0
        AND ({hours:UInt8} = 1 OR hours_hold)
        AND last_written_at <= now64(6, 'UTC') - toIntervalMillisecond(toInt64({quiet:Float64} * 1000))
)
WHERE up_to_here <= {rows:UInt64} OR up_to_here = written
ORDER BY begins DESC

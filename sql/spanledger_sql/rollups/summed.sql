-- Says that the sums of some hours or days hold, after a moment in which queries that began before may look for them in vain.
-- Parameters: hours Array(UInt8): of each 1, or 23 to 25 of a day; begins Array(DateTime('UTC')), written Array(UInt64),
--     last_enriched_at Array(DateTime64(6, 'UTC')): likewise, as it was before it was summed; built UInt64; left_out Array(String): as
--     of the sums; margin Float64: that moment, s.
INSERT INTO ledger_hour (hours, begins, summed)
SELECT
    one.1,
    one.2,
    ({built:UInt64}, one.3, one.4, now64(6, 'UTC') + toIntervalMillisecond(toInt64({margin:Float64} * 1000)), {left_out:Array(String)})
FROM
(
    SELECT arrayJoin(arrayZip(
        {hours:Array(UInt8)}, {begins:Array(DateTime('UTC'))}, {written:Array(UInt64)},
        {last_enriched_at:Array(DateTime64(6, 'UTC'))})) AS one
)

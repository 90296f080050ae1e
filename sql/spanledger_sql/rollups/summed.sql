-- Says that the sums of some hours or days hold, after a moment in which queries that began before may look for them in vain.
-- Parameters: hours UInt8: 1, or 24 for days; begins Array(DateTime('UTC')), written Array(UInt64),
--     last_enriched_at Array(DateTime64(6, 'UTC')): of each, as it was before it was summed; built UInt64; left_out Array(String): as
--     of the sums; margin Float64: that moment, s.
INSERT INTO ledger_hour (hours, begins, summed)
SELECT
    {hours:UInt8},
    one.1,
    ({built:UInt64}, one.2, one.3, now64(6, 'UTC') + toIntervalMillisecond(toInt64({margin:Float64} * 1000)), {left_out:Array(String)})
FROM
(
    SELECT arrayJoin(arrayZip(
        {begins:Array(DateTime('UTC'))}, {written:Array(UInt64)}, {last_enriched_at:Array(DateTime64(6, 'UTC'))})) AS one
)

-- How far alarms have come on their channels, and whose turn it is or was last.
--
-- Parameters:
--   keys Array(String): which alarms
-- Columns:
--   alarm_key, channel: which
--   delivered, attempts, unsure: as in `alarm_delivery`; 0 where nothing is said yet
--   ended: the last turn that came to its end; 0: none
--   turn: the last that was taken; 0: none
--   owner: who took it
--   seconds: how long ago, s
SELECT
    ifNull(taken.alarm_key, done.alarm_key) AS alarm_key,
    CAST(ifNull(taken.channel, done.channel), 'String') AS channel,
    ifNull(done.delivered, 0) AS delivered,
    ifNull(done.attempts, 0) AS attempts,
    ifNull(done.unsure, 0) AS unsure,
    ifNull(done.turn, 0) AS ended,
    ifNull(taken.last, 0) AS turn,
    ifNull(taken.owner, '') AS owner,
    ifNull(dateDiff('second', taken.taken_at, now64(6, 'UTC')), 0) AS seconds
FROM
(
    SELECT alarm_key, channel, max(alarm_turn.turn) AS last, argMax(alarm_turn.owner, alarm_turn.turn) AS owner,
           argMax(alarm_turn.at, alarm_turn.turn) AS taken_at
    FROM alarm_turn
    WHERE has({keys:Array(String)}, alarm_key)
    GROUP BY alarm_key, channel
) AS taken
FULL JOIN (SELECT * FROM alarm_delivery FINAL WHERE has({keys:Array(String)}, alarm_key)) AS done
    ON done.alarm_key = taken.alarm_key AND done.channel = taken.channel

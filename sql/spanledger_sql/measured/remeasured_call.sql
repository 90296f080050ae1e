-- The calls that were allotted energy of hosts' hours: their energy is reckoned anew.
-- Parameters: restatement_id String: what they are known by meanwhile; hosts Array(String), hours Array(DateTime('UTC')):
--     the hosts' hours that were shared out anew.
INSERT INTO restatement_call (restatement_id, chunk, ts, trace_id, span_id)
SELECT {restatement_id:String}, 0, any(ts), trace_id, span_id
FROM energy_share
WHERE span_id != '' AND host_name IN {hosts:Array(String)} AND hour IN {hours:Array(DateTime('UTC'))}
GROUP BY trace_id, span_id

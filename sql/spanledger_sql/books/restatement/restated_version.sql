-- The newest version that the ledger has of any call of a restatement's chunk; 0 of none.
-- Parameters: restatement_id String; chunk UInt32.
SELECT max(version)
FROM ledger
WHERE (toStartOfHour(ts), trace_id, span_id) IN (
    SELECT toStartOfHour(ts), trace_id, span_id
    FROM restatement_call
    WHERE restatement_id = {restatement_id:String} AND chunk = {chunk:UInt32}
)

-- Forgets the calls of a run that has ended. A partition goes at once; rows would be waited for, for seconds.
-- Parameters: restatement_id String: the run.
ALTER TABLE restatement_call DROP PARTITION {restatement_id:String}

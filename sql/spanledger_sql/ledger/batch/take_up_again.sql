-- Has the inserts of the calls that were set aside taken again; calls of theirs that the ledger has stay as they are.
DELETE FROM taken_insert
WHERE ingested_at IN (SELECT ingested_at FROM set_aside FINAL WHERE waiting = 1)

-- Deletes the terms of a reconciliation that nothing rests on, and what killed ones left more than a day ago.
-- Parameters: reconciliation_id String: the reconciliation.
DELETE FROM reconciliation_term
WHERE (reconciliation_id = {reconciliation_id:String} OR made_at < now() - INTERVAL 1 DAY)
    AND reconciliation_id NOT IN (SELECT reconciliation_id FROM reconciliation)
SETTINGS lightweight_deletes_sync = 0

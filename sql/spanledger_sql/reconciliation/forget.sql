-- Deletes the terms of reconciliations that nothing rests on: of these, and what killed ones left more than a day ago.
-- Parameters: ids Array(String): the reconciliations.
DELETE FROM reconciliation_term
WHERE (has({ids:Array(String)}, reconciliation_id) OR made_at < now() - INTERVAL 1 DAY)
    AND reconciliation_id NOT IN (SELECT reconciliation_id FROM reconciliation)

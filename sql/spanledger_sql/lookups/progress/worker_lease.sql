-- Who holds the workers' lease, and what was said of it.
--
-- Columns:
--   epoch: how often it was taken; 0: never
--   owner: who took it last
--   above: what the versions of its batches are above
--   asked, answered: the newest question of those who wait, and the newest that was answered
--   given_back: 1 where the owner needs it no more
WITH
    (SELECT max(epoch) FROM worker_lease) AS newest,
    said AS (SELECT kind, max(word) AS word FROM worker_word WHERE epoch = newest GROUP BY kind)
SELECT
    newest AS epoch,
    ifNull((SELECT any(owner) FROM worker_lease WHERE epoch = newest), '') AS owner,
    ifNull((SELECT any(above) FROM worker_lease WHERE epoch = newest), 0) AS above,
    (SELECT sumIf(word, kind = 'asked') FROM said) AS asked,
    (SELECT sumIf(word, kind = 'answered') FROM said) AS answered,
    (SELECT countIf(kind = 'given back') FROM said) AS given_back

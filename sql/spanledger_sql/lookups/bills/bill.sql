-- The bills in force of a name.
--
-- Parameters:
--   name String: the file's, or the beginning of the id, of at least six characters
-- Columns:
--   bill.*: the row in force
SELECT *
FROM bill FINAL
WHERE NOT deleted
    AND (source = {name:String} OR length({name:String}) >= 6 AND startsWith(bill_id, {name:String}))
ORDER BY imported_at

-- The statements of a close.
-- Parameters:
--   posting String: of the close
SELECT party, revision, hash, document
FROM book_statement
WHERE posting = {posting:String}
ORDER BY party

-- What was said of contract books, commitments or bills, and taken back, the newest first.
--
-- Parameters:
--   kind String: 'price book', 'commitment' or 'bill'
-- Columns:
--   at: when, UTC
--   name: of the book, commitment or bill
--   done: 'imported', 'changed' or 'removed'
--   source: the file
--   said: all that it says, as JSON
SELECT at, name, done, source, said
FROM book_history
WHERE kind = {kind:String}
ORDER BY at DESC, name

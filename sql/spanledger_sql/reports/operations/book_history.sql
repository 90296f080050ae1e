-- What was said of contract books or commitments, and taken back, the newest first.
--
-- Parameters:
--   kind String: 'price book' or 'commitment'
-- Columns:
--   at: when, UTC
--   name: of the book or commitment
--   done: 'imported', 'changed' or 'removed'
--   source: the file
--   said: all that it says, as JSON
SELECT at, name, done, source, said
FROM book_history
WHERE kind = {kind:String}
ORDER BY at DESC, name

-- The lines of a close.
-- Parameters:
--   posting String: of the close
SELECT * EXCEPT (posting, month)
FROM book_line
WHERE posting = {posting:String}
ORDER BY party, line

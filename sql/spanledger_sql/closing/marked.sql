-- The marks of the months that are posted as they were; those of books that are no more hold for nothing.
-- Parameters:
--   timezone String: whose months
-- Columns:
--   month: such as `2024-10`
--   mark: as `marks` gives it
SELECT month, mark
FROM book_mark FINAL
WHERE timezone = {timezone:String}
    AND (SELECT count() FROM book_event) > 0
    AND made_at >= (SELECT min(at) FROM book_event)
ORDER BY month

-- By posting in force: the first month that it books something in.
SELECT posting, min(month) AS month
FROM book_entry
WHERE posting IN (SELECT posting FROM book_event)
GROUP BY posting

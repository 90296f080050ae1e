-- The time zones that most budgets and books are kept in; days of more than a few would cost more than they save.
SELECT CAST(timezone, 'String') AS timezone
FROM
(
    SELECT timezone FROM budget FINAL WHERE removed = 0
    UNION ALL
    SELECT timezone FROM book_party
)
GROUP BY timezone
ORDER BY count() DESC, timezone
LIMIT 3

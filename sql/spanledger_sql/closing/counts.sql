-- How much there is in the books, and what postings left that were killed.
WITH (SELECT groupArray(posting) FROM book_event WHERE posting != '') AS in_force
SELECT
    (SELECT countIf(has(in_force, posting)) FROM book_entry) AS entries,
    (SELECT countIf(NOT has(in_force, posting)) FROM book_entry) AS unfinished,
    (SELECT countIf(has(in_force, posting)) FROM book_statement) AS statements

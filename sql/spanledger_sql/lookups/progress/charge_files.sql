-- Whether files of commitments or charges came in: both change with each import.
--
-- Columns:
--   commitments, charges: how many there are, and when the last came in
SELECT
    (SELECT (count(), max(imported_at)) FROM commitment) AS commitments,
    (SELECT (count(), max(imported_at)) FROM charge) AS charges

-- Who has a statement of which closed month.
-- Parameters:
--   first, last String: the months
SELECT DISTINCT
    CAST(made.month, 'String') AS of_month,
    of.tenant_id AS tenant_id
FROM book_statement AS made
INNER JOIN book_party AS of
    ON of.party = made.party
WHERE made.month BETWEEN {first:String} AND {last:String}
ORDER BY of_month, tenant_id

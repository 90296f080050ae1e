-- The statements of a month that plans round, in their last revision.
-- Parameters:
--   month String: the month
SELECT
    known.tenant_id AS tenant,
    argMax(of.document, of.revision) AS document
FROM book_statement AS of
INNER JOIN book_party AS known
    ON known.party = of.party
WHERE of.month = {month:String} AND of.posting IN (SELECT posting FROM book_event)
GROUP BY tenant
HAVING JSONExtractString(document, 'billing', 'rounding') != 'none'
ORDER BY tenant

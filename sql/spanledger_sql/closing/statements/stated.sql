-- Who has statements of a month.
-- Parameters:
--   month String: the month
SELECT DISTINCT known.tenant_id AS tenant
FROM book_statement AS of
INNER JOIN book_party AS known
    ON known.party = of.party
WHERE of.month = {month:String} AND of.posting IN (SELECT posting FROM book_event)
ORDER BY tenant

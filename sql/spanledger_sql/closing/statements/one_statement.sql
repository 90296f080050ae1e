-- One statement.
-- Parameters:
--   month String: the month
--   party String: whose
--   revision UInt32: of which close
SELECT of.document AS document, known.tenant_id AS tenant
FROM book_statement AS of
INNER JOIN book_party AS known
    ON known.party = of.party
WHERE of.month = {month:String} AND of.party = {party:String} AND of.revision = {revision:UInt32}
    AND of.posting IN (SELECT posting FROM book_event)

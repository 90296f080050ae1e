-- A tenant's statements of a month, the first first.
-- Parameters:
--   month String: the month
--   tenant String: the tenant
SELECT of.posting AS posting, of.party AS party, of.revision AS revision, of.document AS document, event.at AS closed_at
FROM book_statement AS of
INNER JOIN book_event AS event
    ON event.posting = of.posting
INNER JOIN book_party AS known
    ON known.party = of.party
WHERE of.month = {month:String} AND known.tenant_id = {tenant:String}
ORDER BY revision

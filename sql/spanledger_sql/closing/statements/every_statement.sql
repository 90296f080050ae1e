-- Every statement that was issued.
SELECT of.hash AS hash, of.document AS document, known.tenant_id AS tenant
FROM book_statement AS of
INNER JOIN book_party AS known
    ON known.party = of.party
WHERE of.posting IN (SELECT posting FROM book_event)
ORDER BY of.month, of.party, of.revision

-- The disputes of a tenant's statements and their answers, as long as their texts are kept.
-- Parameters:
--   tenant String: whose
WITH complaints AS
(
    SELECT number
    FROM book_event
    WHERE action = 'dispute'
        AND splitByChar('/', JSONExtractString(body, 'statement'))[2] IN (SELECT party FROM book_party WHERE tenant_id = {tenant:String})
)
SELECT number
FROM book_event
WHERE says_salt != ''
    AND (number IN (SELECT number FROM complaints) OR action = 'answer' AND JSONExtractUInt(body, 'dispute') IN (SELECT number FROM complaints))
ORDER BY number

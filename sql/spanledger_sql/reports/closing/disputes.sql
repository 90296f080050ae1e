-- Complaints about statements, and their answers.
--
-- Columns:
--   number: of the dispute
--   at: when it was opened, UTC
--   month: of the statement
--   tenant: whose
--   statement: its name
--   line: which line; NULL: all of it
--   who: who complains
--   says: what is wrong; empty: it was forgotten
--   state: `open`, `accepted` or `rejected`
--   answered_at: when, UTC; NULL: not yet
--   answered_by: who answered
--   answer: what was answered; empty: not yet, or it was forgotten
SELECT
    one.number AS number,
    one.at AS at,
    one.month AS month,
    of.tenant_id AS tenant,
    JSONExtractString(one.body, 'statement') AS statement,
    JSONExtract(one.body, 'line', 'Nullable(UInt32)') AS line,
    one.who AS who,
    one.says AS says,
    multiIf(reply.body IS NULL, 'open', JSONExtractBool(reply.body, 'accepted'), 'accepted', 'rejected') AS state,
    reply.at AS answered_at,
    ifNull(reply.who, '') AS answered_by,
    ifNull(reply.says, '') AS answer
FROM (SELECT *, splitByChar('/', JSONExtractString(body, 'statement'))[2] AS party FROM book_event WHERE action = 'dispute') AS one
INNER JOIN book_party AS of
    ON of.party = one.party
LEFT JOIN (SELECT *, JSONExtractUInt(body, 'dispute') AS dispute FROM book_event WHERE action = 'answer') AS reply
    ON reply.dispute = one.number
ORDER BY number

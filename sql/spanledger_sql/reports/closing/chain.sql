-- What was done with the books, in its order.
--
-- Columns:
--   number: its place in the chain
--   at: when, UTC
--   action: `post`, `soft`, `hard`, `ask` (to reopen), `reopen`, `dispute` or `answer`
--   month: of which
--   who: the person
--   entries: how many differences it posted
--   cost: what they come to, USD
--   says: the reason, complaint or answer, where there is one
--   hash: of the event; it covers the one before
SELECT
    number,
    at,
    action,
    month,
    who,
    JSONExtractUInt(body, 'entries', 'count') AS entries,
    toDecimal128OrZero(JSONExtractString(body, 'entries', 'cost'), 12) AS cost,
    concat(JSONExtractString(body, 'reason'), book_event.says) AS says,
    hash
FROM book_event
ORDER BY number

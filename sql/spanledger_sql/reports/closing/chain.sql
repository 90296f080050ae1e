-- What was done with the books, in its order.
--
-- Columns:
--   number: its place in the chain
--   at: when, UTC
--   action: `post`, `soft`, `hard`, `ask` (to reopen), `reopen`, `dispute`, `answer`, or `forget`: a text was erased
--   month: of which
--   who: the person
--   entries: how many differences it posted
--   cost: what they come to, USD
--   says: why a month is to be reopened, the complaint or the answer; empty: there is none, or it was forgotten
--   hash: of the event; it covers the one before
SELECT
    number,
    at,
    action,
    month,
    who,
    JSONExtractUInt(body, 'entries', 'count') AS entries,
    toDecimal128OrZero(JSONExtractString(body, 'entries', 'cost'), 12) AS cost,
    says,
    hash
FROM book_event
ORDER BY number

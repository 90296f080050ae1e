-- Where each month of the books stands, the newest first: open, closed softly or closed, and what was posted of it since.
--
-- Columns:
--   month: such as `2024-10`
--   state: `open`, `soft-closed` or `closed`
--   is_restated: 1: what was posted after its close, or a second close, makes it another than was stated first
--   prepared_by: who closed it softly last; '' nobody
--   closed_by: who closed it last; '' nobody
--   closed_at: when that was, UTC; NULL: it is not closed
--   grace_until: of a month that is closed softly: how long it may change, UTC; NULL else
--   revision: how many times it was closed
--   statements: how many statements the last close issued
--   asked_by: who asks to reopen it; '' nobody does
--   cost: what the books know of the month now, USD
--   own_cost: of it, what is booked in the month itself, USD
--   adjusted_cost: of it, what is booked in later months, USD
--   adjustments: how many entries these are
--   hash: of the last close; '' none
WITH
    steps AS
    (
        SELECT
            month,
            argMaxIf(action, number, action IN ('soft', 'hard', 'reopen')) AS step,
            argMaxIf(who, number, action = 'soft') AS prepared_by,
            argMaxIf(who, number, action = 'hard') AS closed_by,
            maxIf(at, action = 'hard') AS closed_at,
            parseDateTime64BestEffortOrNull(argMaxIf(JSONExtractString(body, 'grace_until'), number, action = 'soft'), 6, 'UTC')
                AS grace_until,
            countIf(action = 'hard') AS revision,
            argMaxIf(length(JSONExtractKeys(body, 'statements')), number, action = 'hard') AS statements,
            argMaxIf(if(action = 'ask', who, ''), number, action IN ('hard', 'ask', 'reopen')) AS asked_by,
            argMaxIf(hash, number, action = 'hard') AS hash
        FROM book_event
        GROUP BY month
    ),
    posted AS
    (
        SELECT
            e.service_month AS month,
            sum(e.cost) AS cost,
            sumIf(e.cost, e.month = e.service_month) AS own_cost,
            sumIf(e.cost, e.month != e.service_month) AS adjusted_cost,
            countIf(e.month != e.service_month) AS adjustments
        FROM book_entry AS e
        WHERE e.posting IN (SELECT posting FROM book_event)
        GROUP BY month
    )
SELECT
    if(posted.month IS NULL, CAST(steps.month, 'String'), CAST(posted.month, 'String')) AS month,
    multiIf(steps.step = 'hard', 'closed', steps.step = 'soft', 'soft-closed', 'open') AS state,
    toUInt8(ifNull(steps.revision, 0) > 1 OR (state = 'closed' AND ifNull(posted.adjustments, 0) > 0)) AS is_restated,
    ifNull(steps.prepared_by, '') AS prepared_by,
    ifNull(steps.closed_by, '') AS closed_by,
    if(ifNull(steps.revision, 0) = 0, NULL, steps.closed_at) AS closed_at,
    if(state = 'soft-closed', steps.grace_until, NULL) AS grace_until,
    ifNull(steps.revision, 0) AS revision,
    ifNull(steps.statements, 0) AS statements,
    ifNull(steps.asked_by, '') AS asked_by,
    ifNull(posted.cost, toDecimal128(0, 12)) AS cost,
    ifNull(posted.own_cost, toDecimal128(0, 12)) AS own_cost,
    ifNull(posted.adjusted_cost, toDecimal128(0, 12)) AS adjusted_cost,
    ifNull(posted.adjustments, 0) AS adjustments,
    ifNull(steps.hash, '') AS hash
FROM posted
FULL JOIN steps
    ON steps.month = posted.month
ORDER BY month DESC

-- What the books have of each tenant's months, the dearest first: what is known now, what of it came after the close, and the
-- last statement. Where a month was never closed, what it would state is `spanledger statement MONTH --tenant NAME --draft`.
--
-- Parameters:
--   months Array(String): which, such as `2024-10`; none: all
--   tenants Array(String): whose; none: everybody's
-- Columns:
--   month: such as `2024-10`
--   tenant: whose
--   state: `open`, `soft-closed` or `closed`
--   is_restated: 1: what was posted after its close, or a second close, makes it another than was stated first
--   timezone: at whose midnights the tenant's months begin
--   cost: what the books know of the month now, USD
--   adjusted_cost: of it, what is booked in later months, USD
--   earlier_cost: adjustments to earlier months that are booked in this one, USD
--   stated_cost: what the last statement comes to, USD; NULL: there is none
--   statement: its name; '' none
--   revision: how many times the month was closed for the tenant
--   issued_at: when, UTC; NULL: there is none
--   hash: SHA-256 of the statement; '' none
WITH
    posted AS
    (
        SELECT
            e.party AS party,
            arrayJoin(arrayDistinct([CAST(e.service_month, 'String'), CAST(e.month, 'String')])) AS of_month,
            sumIf(e.cost, e.service_month = of_month) AS cost,
            sumIf(e.cost, e.service_month = of_month AND e.month != of_month) AS adjusted_cost,
            sumIf(e.cost, e.service_month != of_month AND e.month = of_month) AS earlier_cost
        FROM book_entry AS e
        WHERE e.posting IN (SELECT posting FROM book_event)
            AND (empty({months:Array(String)})
                OR has({months:Array(String)}, e.service_month) OR has({months:Array(String)}, e.month))
        GROUP BY party, of_month
    ),
    stated AS
    (
        SELECT
            of.party AS party,
            CAST(of.month, 'String') AS of_month,
            max(of.revision) AS revision,
            argMax(of.hash, of.revision) AS hash,
            argMax(of.posting, of.revision) AS posting,
            argMax(event.at, of.revision) AS issued_at
        FROM book_statement AS of
        INNER JOIN book_event AS event
            ON event.posting = of.posting AND event.action = 'hard'
        GROUP BY party, of_month
    ),
    steps AS
    (
        SELECT month, argMax(action, number) AS step
        FROM book_event
        WHERE action IN ('soft', 'hard', 'reopen')
        GROUP BY month
    ),
    sums AS
    (
        SELECT posting, party, sum(book_line.cost) AS cost
        FROM book_line
        GROUP BY posting, party
    )
SELECT
    posted.of_month AS month,
    known.tenant_id AS tenant,
    multiIf(steps.step = 'hard', 'closed', steps.step = 'soft', 'soft-closed', 'open') AS state,
    toUInt8(ifNull(stated.revision, 0) > 1 OR (state = 'closed' AND posted.adjusted_cost != 0)) AS is_restated,
    CAST(known.timezone, 'String') AS timezone,
    posted.cost AS cost,
    posted.adjusted_cost AS adjusted_cost,
    posted.earlier_cost AS earlier_cost,
    sums.cost AS stated_cost,
    if(stated.revision IS NULL, '', concat(posted.of_month, '/', posted.party, '/', toString(stated.revision))) AS statement,
    ifNull(stated.revision, 0) AS revision,
    stated.issued_at AS issued_at,
    ifNull(stated.hash, '') AS hash
FROM posted
INNER JOIN book_party AS known
    ON known.party = posted.party
LEFT JOIN stated
    ON stated.party = posted.party AND stated.of_month = posted.of_month
LEFT JOIN steps
    ON steps.month = posted.of_month
LEFT JOIN sums
    ON sums.posting = stated.posting AND sums.party = posted.party
WHERE (empty({months:Array(String)}) OR has({months:Array(String)}, posted.of_month))
    AND (empty({tenants:Array(String)}) OR has({tenants:Array(String)}, known.tenant_id))
ORDER BY
    month DESC,
    cost DESC,
    tenant

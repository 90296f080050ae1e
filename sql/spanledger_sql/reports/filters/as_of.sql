-- How far the ledger goes: which time it covers, when it was last written, and what waits to be written.
--
-- Columns:
--   first, last: start of the first and of the last call, UTC
--   last_past: of the last that did not begin in the future, as a sender with a wrong clock has it; else 1970
--   calls: reports of calls that count or did; 0: the ledger is empty
--   moment: when the ledger, or what is shared out over it, was last written, UTC. The last second is left out where
--     there is something before it: a write of that second may not be whole
--   waiting: LLM calls received and not yet in the ledger
--   behind_seconds: how long the oldest of them waits, s
--   commitments: how many commitments there are
WITH
    -- The ledger lies by hour: the first and the last of them are found without reading those between. Calls for which hours are
    -- not exact lie in any.
    ends AS
    (
        SELECT hour FROM
        (
            SELECT toStartOfHour(ts) AS hour
            FROM ledger
            WHERE counted = 1 AND NOT {{stray_call}}
            ORDER BY toStartOfHour(ts)
            LIMIT 1
            UNION ALL
            SELECT toStartOfHour(ts)
            FROM ledger
            WHERE counted = 1 AND NOT {{stray_call}}
            ORDER BY toStartOfHour(ts) DESC
            LIMIT 1
            UNION ALL
            SELECT toStartOfHour(ts)
            FROM ledger
            WHERE counted = 1 AND NOT {{stray_call}} AND ts < now64(9, 'UTC') + INTERVAL 1 DAY
            ORDER BY toStartOfHour(ts) DESC
            LIMIT 1
            UNION ALL
            SELECT begins FROM ledger_hour WHERE hours = 1 AND strays > 0
        )
    ),
    covered AS
    (
        SELECT
            min(ts) AS first,
            max(ts) AS last,
            maxIf(ts, ts < now64(9, 'UTC') + INTERVAL 1 DAY) AS last_past
        FROM ledger
        WHERE counted = 1 AND toStartOfHour(ts) IN ends
    ),
    recorded AS
    (
        SELECT countIf(counted = 1) AS calls
        FROM ledger
    ),
    -- What was written before the last of the hours that are at rest need not be read to know what was written last, unless it
    -- was deleted.
    (
        SELECT maxIf(at, at <= now64(6, 'UTC') - INTERVAL 1 SECOND)
        FROM (SELECT max(last_enriched_at) AS at FROM ledger_hour WHERE hours = 1 GROUP BY begins)
    ) AS at_rest,
    written AS
    (
        SELECT
            maxIf(enriched_at, enriched_at <= now64(6, 'UTC') - INTERVAL 1 SECOND) AS whole_until,
            if(whole_until = toDateTime64(0, 6, 'UTC'), max(enriched_at), whole_until) AS moment
        FROM ledger
        WHERE enriched_at >= if((SELECT count() FROM ledger WHERE enriched_at = at_rest) > 0, at_rest, toDateTime64(0, 6, 'UTC'))
    ),
    waiting AS
    (
        SELECT
            sum(here.calls - ifNull(taken.calls, 0)) AS calls,
            min(here.ingested_at) AS oldest
        FROM (SELECT ingested_at, toInt64(count()) AS calls FROM llm_spans GROUP BY ingested_at) AS here
        LEFT JOIN
        (
            SELECT ingested_at, toInt64(argMax(taken_insert.calls, version)) AS calls
            FROM taken_insert
            WHERE version <= (SELECT max(version) FROM enrich_progress WHERE worker = 'ledger')
            GROUP BY ingested_at
        ) AS taken
            ON taken.ingested_at = here.ingested_at
        WHERE here.calls > ifNull(taken.calls, 0)
    )
SELECT
    covered.first AS first,
    covered.last AS last,
    covered.last_past AS last_past,
    recorded.calls AS calls,
    greatest(
        written.moment,
        (SELECT max(allocated_at) FROM allocation),
        (SELECT max(resolved_at) FROM grid_zone)
    ) AS moment,
    waiting.calls AS waiting,
    if(waiting.calls = 0, 0, greatest(0, dateDiff('second', waiting.oldest, now64(6, 'UTC')))) AS behind_seconds,
    (SELECT uniqExact(commitment_id) FROM commitment) AS commitments
FROM covered
CROSS JOIN recorded
CROSS JOIN written
CROSS JOIN waiting

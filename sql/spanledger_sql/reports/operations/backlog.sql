-- How far the ledger is behind what was ingested: of each insert, the rows that were not taken.
--
-- Columns:
--   llm_spans: LLM calls ingested and not enriched
--   oldest_seconds: how long the oldest of them waits, s
--   set_aside_calls: calls that cannot be computed, and are not in the ledger
--   set_aside_reason: what the database says of one of them
--   ledger_calls: calls in the ledger
--   duplicates: reports in the ledger that another report of the same call counts for
--   unattributed_calls, unpriced_calls, missing_usage_calls: of the calls in the ledger
WITH waiting AS
(
    SELECT here.ingested_at AS ingested_at, here.calls - ifNull(taken.calls, 0) AS calls
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
    (SELECT sum(calls) FROM waiting) AS llm_spans,
    (SELECT if(count() = 0, 0, greatest(0, dateDiff('second', min(ingested_at), now64(6, 'UTC')))) FROM waiting) AS oldest_seconds,
    (SELECT count() FROM set_aside FINAL WHERE waiting = 1) AS set_aside_calls,
    (SELECT any(reason) FROM set_aside FINAL WHERE waiting = 1) AS set_aside_reason,
    sum(known_calls) AS ledger_calls,
    (SELECT count() FROM ledger FINAL WHERE counted = 0) AS duplicates,
    sumIf(least_calls, tenant_id = '(unattributed)') AS unattributed_calls,
    sumIf(least_calls, price_status = 'unpriced') AS unpriced_calls,
    sumIf(least_calls, usage_source = 'missing') AS missing_usage_calls
FROM calls

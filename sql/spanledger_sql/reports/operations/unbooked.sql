-- What was ingested and is not in the ledger: of each insert, the rows that were not taken.
--
-- Columns:
--   llm_spans: LLM calls ingested and not enriched
--   oldest_seconds: how long the oldest of them waits, s
SELECT
    sum(here.calls - ifNull(taken.calls, 0)) AS llm_spans,
    if(llm_spans = 0, 0, greatest(0, dateDiff('second', min(here.ingested_at), now64(6, 'UTC')))) AS oldest_seconds
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

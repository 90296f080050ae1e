-- What was ingested and is not in the ledger.
--
-- Columns:
--   llm_spans: LLM calls ingested and not enriched
--   oldest_seconds: how long the oldest of them waits, s
SELECT
    count() AS llm_spans,
    if(llm_spans = 0, 0, dateDiff('second', min(ingested_at), now64(6, 'UTC'))) AS oldest_seconds
FROM llm_spans
WHERE ingested_at > (SELECT max(ingested_until) FROM enrich_progress WHERE worker NOT IN ('metrics', 'usage'))

-- How far the ledger is behind what was ingested.
--
-- Columns:
--   llm_spans: LLM calls ingested and not enriched
--   oldest_seconds: how long the oldest of them waits, s
--   ledger_calls: calls in the ledger
--   unattributed_calls, unpriced_calls, missing_usage_calls: of the calls in the ledger
SELECT
    (
        SELECT count()
        FROM llm_spans
        WHERE ingested_at > (SELECT max(ingested_until) FROM enrich_progress)
    ) AS llm_spans,
    (
        SELECT if(count() = 0, 0, dateDiff('second', min(ingested_at), now64(6, 'UTC')))
        FROM llm_spans
        WHERE ingested_at > (SELECT max(ingested_until) FROM enrich_progress)
    ) AS oldest_seconds,
    sum(known_calls) AS ledger_calls,
    sumIf(least_calls, tenant_id = '(unattributed)') AS unattributed_calls,
    sumIf(least_calls, price_status = 'unpriced') AS unpriced_calls,
    sumIf(least_calls, usage_source = 'missing') AS missing_usage_calls
FROM calls

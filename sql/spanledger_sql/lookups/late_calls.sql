-- How many calls became visible after later ones were booked.
--
-- Parameters:
--   after, until DateTime64(6, 'UTC'): the time of ingestion looked at again, half-open at the start
-- Columns:
--   calls: that the ledger lacks
SELECT count() AS calls
FROM llm_spans
WHERE ingested_at > {after:DateTime64(6, 'UTC')}
    AND ingested_at <= {until:DateTime64(6, 'UTC')}
    AND (trace_id, span_id) NOT IN (
        SELECT trace_id, span_id FROM ledger WHERE enriched_at > {after:DateTime64(6, 'UTC')}
    )

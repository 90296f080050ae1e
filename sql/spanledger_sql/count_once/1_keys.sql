-- Notes the keys of a batch's spans: what they may share with other reports of the same call.
-- Parameters: after, until DateTime64(6, 'UTC'): the batch, by time of ingestion, half-open at the start.
INSERT INTO call_key
SELECT key, span, ingested_at
FROM llm_span_key
WHERE ingested_at > {after:DateTime64(6, 'UTC')}
    AND ingested_at <= {until:DateTime64(6, 'UTC')}
    AND (trace_id, span_id) NOT IN (
        SELECT trace_id, span_id FROM ledger WHERE enriched_at > {after:DateTime64(6, 'UTC')}
    )

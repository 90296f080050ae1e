-- Puts down the keys of a batch's spans: what they may share with other reports of the same call.
-- Parameters: batch Identifier: the table of the batch, stage 1 of the ledger; keys Identifier: the worker's scratch table.
INSERT INTO {keys:Identifier}
SELECT key, span, ingested_at
FROM llm_span_key
WHERE ingested_at IN (SELECT ingested_at FROM {batch:Identifier})
    AND span IN (SELECT span FROM {batch:Identifier})

-- Puts down which model the calls are of whose spans name none, where the other spans of their traces name one: Codex's.
--
-- Looks at the calls of a batch's inserts, and at the traces of which a span that names a model came in them.
-- Parameters: inserts Identifier: the table of stage 0; version UInt64: the batch's.
INSERT INTO call_model
WITH
    touched AS
    (
        SELECT trace_id
        FROM llm_spans
        WHERE ingested_at IN (SELECT ingested_at FROM {inserts:Identifier} WHERE calls > 0)
            AND agent = 'codex' AND signal = 'span' AND request_model = ''
        UNION DISTINCT
        SELECT trace_id
        FROM span_parent
        WHERE ingested_at IN (SELECT ingested_at FROM {inserts:Identifier} WHERE parents > 0) AND model != ''
    ),
    named AS
    (
        SELECT trace_id, if(uniqExact(parent.model) = 1, any(parent.model), '') AS only_model
        FROM span_parent AS parent
        WHERE trace_id IN (SELECT trace_id FROM touched) AND parent.model != ''
        GROUP BY trace_id
    )
SELECT cityHash64(call.trace_id, call.span_id) AS span, call.trace_id, call.span_id, call.ingested_at, named.only_model AS model, {version:UInt64}
FROM llm_spans AS call
INNER JOIN named ON named.trace_id = call.trace_id
LEFT JOIN
(
    SELECT span, argMax(call_model.model, call_model.version) AS model_before
    FROM call_model
    WHERE trace_id IN (SELECT trace_id FROM named)
    GROUP BY span
) AS before
    ON before.span = cityHash64(call.trace_id, call.span_id)
WHERE (
        call.ingested_at IN (SELECT ingested_at FROM {inserts:Identifier} WHERE calls > 0)
        OR call.ingested_at IN (
            SELECT ingested_at FROM call_key WHERE key IN (SELECT cityHash64('trace', trace_id) FROM named))
    )
    AND call.trace_id IN (SELECT trace_id FROM named)
    AND call.agent = 'codex' AND call.signal = 'span' AND call.request_model = ''
    AND named.only_model != ifNull(before.model_before, '')
ORDER BY call.ingested_at
LIMIT 1 BY span

-- Puts down which call's span is inside which other's, however many spans that are no calls lie between them.
-- Parameters: candidates, insides Identifier: the worker's scratch tables.
INSERT INTO {insides:Identifier}
WITH RECURSIVE
    parents AS
    (
        SELECT DISTINCT trace_id, span_id, parent_span_id
        FROM
        (
            SELECT trace_id, span_id, parent_span_id FROM {candidates:Identifier} WHERE parent_span_id != ''
            UNION ALL
            SELECT trace_id, span_id, parent_span_id
            FROM span_parent
            WHERE trace_id IN (SELECT trace_id FROM {candidates:Identifier})
        )
    ),
    climbing AS
    (
        SELECT span, kind, trace_id, parent_span_id AS above, 1 AS steps
        FROM {candidates:Identifier}
        WHERE parent_span_id != ''
        UNION ALL
        SELECT climbing.span, climbing.kind, climbing.trace_id, parents.parent_span_id, climbing.steps + 1
        FROM climbing
        INNER JOIN parents ON parents.trace_id = climbing.trace_id AND parents.span_id = climbing.above
        WHERE climbing.steps < 100
    )
SELECT DISTINCT
    climbing.span AS inner_span,
    outer_call.span AS outer_span
FROM climbing
INNER JOIN {candidates:Identifier} AS outer_call
    ON outer_call.trace_id = climbing.trace_id AND outer_call.span_id = climbing.above
    AND outer_call.kind = climbing.kind
WHERE outer_call.span != climbing.span

-- Puts down where each candidate plays: in its trace, or in that of the stream whose result it is.
-- Parameters: candidates, nestings, scenes Identifier: the worker's scratch tables.
INSERT INTO {scenes:Identifier}
SELECT
    candidate.span,
    if(stream.span IS NULL, candidate.trace_id, stream.trace_id) AS scene
FROM {candidates:Identifier} AS candidate
LEFT JOIN
(
    SELECT nesting.inner_span AS result, any(outer_call.span) AS span, any(outer_call.trace_id) AS trace_id
    FROM {nestings:Identifier} AS nesting
    INNER JOIN {candidates:Identifier} AS outer_call ON outer_call.span = nesting.outer_span
    WHERE startsWith(outer_call.reporter, 'logfire')
    GROUP BY result
) AS stream
    ON stream.result = candidate.span AND endsWith(candidate.reporter, ' stream')

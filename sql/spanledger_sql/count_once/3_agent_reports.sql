-- Takes the reports of one call by a coding agent, of which each tells its part, for ones inside the richest of them.
--
-- An agent's span and its logs may share no id: they tell the same prompt and the same answer, reasoning aside, and end
-- within five seconds of each other. Of several such calls in a row the n-th of the one is the n-th of the other. Response ids
-- that differ tell calls apart, where both have one; the richest has a model, and the most details.
-- Parameters: candidates, nestings Identifier: the worker's scratch tables.
INSERT INTO {nestings:Identifier}
WITH
    report AS
    (
        SELECT
            span, trace_id, agent, reporter, ends, input_tokens, answer_tokens, model, details, is_log,
            ends > max(ends) OVER (PARTITION BY agent, input_tokens, answer_tokens ORDER BY ends, span
                                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) + INTERVAL 5 SECOND AS starts_run
        FROM {candidates:Identifier}
        WHERE agent != '' AND has_usage AND NOT failed
    ),
    in_runs AS
    (
        SELECT
            *,
            sum(ifNull(starts_run, 0)) OVER (PARTITION BY agent, input_tokens, answer_tokens ORDER BY ends, span
                                             ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run
        FROM report
    ),
    placed AS
    (
        SELECT
            *,
            row_number() OVER (PARTITION BY agent, input_tokens, answer_tokens, run, reporter ORDER BY ends, span) AS place
        FROM in_runs
    ),
    ranked AS
    (
        SELECT
            *,
            first_value(span) OVER (PARTITION BY agent, input_tokens, answer_tokens, run, place
                                    ORDER BY model = '', details DESC, is_log DESC, span) AS richest
        FROM placed
    )
SELECT
    richest AS inner_span,
    span AS outer_span
FROM ranked
WHERE span != richest

-- Takes the reports of one call by a coding agent, of which each tells its part, for ones inside the richest of them.
--
-- An agent's span and its logs may share no id: they tell the same prompt and the same answer, reasoning aside, of one tenant
-- and one session, as far as they say, and end within five seconds of each other. Of several such calls of a session in a row
-- the n-th of the one report is the n-th of the other; reports that name no session go by the order of all. Response ids that
-- differ tell calls apart, where both have one; the richest has a model, and the most details. A span of Gemini CLI's that tells no
-- tokens is of the log of its session that ends nearest.
-- Parameters: candidates, nestings Identifier: the worker's scratch tables.
INSERT INTO {nestings:Identifier}
WITH
    report AS
    (
        SELECT
            span, agent, session_id, response_id, reporter, ends, input_tokens, answer_tokens, model, details, is_log,
            -- Who says no tenant has that of his session, or of whoever tells the same.
            multiIf(
                tenant_id != '', tenant_id,
                session_id != '', max(tenant_id) OVER (PARTITION BY agent, input_tokens, answer_tokens, session_id),
                max(tenant_id) OVER (PARTITION BY agent, input_tokens, answer_tokens)) AS tenant
        FROM {candidates:Identifier}
        WHERE agent != '' AND has_usage AND NOT failed
    ),
    in_order AS
    (
        SELECT
            *,
            ends > max(ends) OVER (PARTITION BY agent, tenant, input_tokens, answer_tokens ORDER BY ends, span
                                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) + INTERVAL 5 SECOND AS starts_run
        FROM report
    ),
    in_runs AS
    (
        SELECT
            *,
            sum(ifNull(starts_run, 0)) OVER (PARTITION BY agent, tenant, input_tokens, answer_tokens ORDER BY ends, span
                                             ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run
        FROM in_order
    ),
    of_sessions AS
    (
        SELECT
            *,
            row_number() OVER (PARTITION BY agent, tenant, input_tokens, answer_tokens, run, session_id, reporter
                               ORDER BY ends, span) AS place
        FROM in_runs
    ),
    ended AS
    (
        SELECT
            *,
            min(ends) OVER (PARTITION BY agent, tenant, input_tokens, answer_tokens, run, session_id, place) AS first_end
        FROM of_sessions
    ),
    placed AS
    (
        SELECT
            *,
            dense_rank() OVER (PARTITION BY agent, tenant, input_tokens, answer_tokens, run, session_id = ''
                               ORDER BY first_end, session_id, place) AS call
        FROM ended
    ),
    ranked AS
    (
        SELECT
            span,
            agent,
            session_id,
            tenant,
            ends,
            response_id,
            first_value(span) OVER best AS richest,
            first_value(response_id) OVER best AS richest_response_id
        FROM placed
        WINDOW best AS (PARTITION BY agent, tenant, input_tokens, answer_tokens, run, call
                        ORDER BY model = '', details DESC, is_log DESC, span)
    )
SELECT
    richest AS inner_span,
    span AS outer_span
FROM ranked
WHERE span != richest AND (response_id = richest_response_id OR response_id = '' OR richest_response_id = '')
UNION ALL
SELECT
    argMin(told.richest, (abs(toUnixTimestamp64Nano(told.ends) - toUnixTimestamp64Nano(silent.ends)), told.span)) AS inner_span,
    silent.span AS outer_span
FROM (SELECT * FROM {candidates:Identifier} WHERE agent = 'gemini-cli' AND session_id != '' AND NOT has_usage AND NOT failed) AS silent
INNER JOIN (SELECT * FROM ranked WHERE agent = 'gemini-cli') AS told ON told.session_id = silent.session_id
WHERE told.ends BETWEEN silent.ends - INTERVAL 5 SECOND AND silent.ends + INTERVAL 5 SECOND
    AND (told.tenant = silent.tenant_id OR told.tenant = '' OR silent.tenant_id = '')
GROUP BY outer_span

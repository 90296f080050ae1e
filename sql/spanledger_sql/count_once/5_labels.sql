-- Labels the innermost spans, step 1: those with one label report the same call.
--
-- A span is innermost unless a call inside it explains it. A failed call inside explains no usage: then the outer one is
-- all that was told of another call. Two innermost spans report the same call if they share their identity;
-- or if, in one trace and by different instrumentations, they overlap in time and tell the same tokens, the n-th of the
-- one being the n-th of the other. Response ids that differ tell calls apart, but for LiteLLM's, which it makes up.
-- Parameters: candidates, nestings, scenes, labels Identifier: the worker's scratch tables.
INSERT INTO {labels:Identifier}
WITH
    explained AS
    (
        SELECT
            nesting.outer_span AS span,
            countIf(NOT inner_call.failed OR inner_call.has_usage) AS answers
        FROM {nestings:Identifier} AS nesting
        INNER JOIN {candidates:Identifier} AS inner_call ON inner_call.span = nesting.inner_span
        GROUP BY span
    ),
    innermost AS
    (
        SELECT
            candidate.span AS span,
            call_scene.scene AS scene,
            call_scene.identity AS identity,
            kind, reporter, begins, ends, response_id, has_usage, input_tokens, output_tokens
        FROM {candidates:Identifier} AS candidate
        INNER JOIN {scenes:Identifier} AS call_scene ON call_scene.span = candidate.span
        LEFT JOIN explained ON explained.span = candidate.span
        WHERE explained.span IS NULL
            OR (explained.answers = 0 AND candidate.has_usage)
    ),
    by_response AS
    (
        SELECT
            *,
            min(span) OVER (PARTITION BY identity) AS label_1
        FROM innermost
    ),

    -- The same tokens, at the same time, told by different instrumentations.
    in_runs AS
    (
        SELECT
            *,
            input_tokens + output_tokens > 0 AS comparable,
            begins > max(ends) OVER (PARTITION BY scene, kind, comparable, input_tokens, output_tokens
                                     ORDER BY begins, span ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
                AS starts_run,
            min(begins) OVER (PARTITION BY label_1) AS label_begins
        FROM by_response
    ),
    in_numbered_runs AS
    (
        SELECT
            *,
            sum(ifNull(starts_run, 0)) OVER (PARTITION BY scene, kind, comparable, input_tokens, output_tokens
                                  ORDER BY begins, span ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run
        FROM in_runs
    ),
    paired AS
    (
        SELECT
            *,
            if(comparable,
               cityHash64(scene, kind, input_tokens, output_tokens, run,
                          row_number() OVER (PARTITION BY scene, kind, comparable, input_tokens, output_tokens, run,
                                             reporter ORDER BY label_begins, label_1, begins, span)),
               span) AS pair
        FROM in_numbered_runs
    ),
    paired_safely AS
    (
        SELECT
            *,
            if(uniqExactIf(response_id, response_id != '' AND NOT startsWith(reporter, 'litellm'))
                   OVER (PARTITION BY pair) > 1 AND response_id != '', span, pair) AS pair_key
        FROM paired
    ),
    label_2 AS (SELECT *, min(label_1) OVER (PARTITION BY pair_key) AS label_2 FROM paired_safely),
    label_3 AS (SELECT *, min(label_2) OVER (PARTITION BY label_1) AS label_3 FROM label_2),
    label_4 AS (SELECT *, min(label_3) OVER (PARTITION BY pair_key) AS label_4 FROM label_3),
    label_5 AS (SELECT *, min(label_4) OVER (PARTITION BY label_1) AS label_5 FROM label_4)
SELECT
    span,
    1 AS step,
    label_5 AS label
FROM label_5

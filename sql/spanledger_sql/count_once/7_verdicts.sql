-- Decides which span of each call counts, and writes what changed by that.
--
-- A span around one call reports that call too; a span around several is their sum, and counts for none. Of the spans
-- that report a call the richest counts: with usage, with the most details of it, the innermost. Where they tell different
-- tokens, the provider's own SDK goes before others; and a span that has the id of one inside it and more tokens, both told
-- by one instrumentation, has those of other round trips too, of which there is no other report.
-- Parameters: candidates, nestings, scenes, labels Identifier: the worker's scratch tables; version UInt64: the batch's.
INSERT INTO call_verdict
WITH
    -- Calls that failed inside one that tried again, with the same model, after them.
    attempt AS
    (
        SELECT
            failed_call.span AS span,
            argMin(next_call.span_id, (next_call.begins, next_call.span)) AS next_span_id
        FROM {nestings:Identifier} AS of_failed
        INNER JOIN {candidates:Identifier} AS failed_call ON failed_call.span = of_failed.inner_span
        INNER JOIN {nestings:Identifier} AS of_next ON of_next.outer_span = of_failed.outer_span
        INNER JOIN {candidates:Identifier} AS next_call ON next_call.span = of_next.inner_span
        WHERE failed_call.failed AND NOT failed_call.has_usage
            AND next_call.model = failed_call.model
            AND next_call.begins >= failed_call.ends
            AND next_call.span IN (SELECT span FROM {labels:Identifier})
            AND failed_call.span IN (SELECT span FROM {labels:Identifier})
        GROUP BY span
    ),
    around AS
    (
        SELECT
            nesting.outer_span AS span,
            uniqExact(labelled.label) AS calls,
            min(labelled.label) AS label,
            argMin(inner_call.span_id, (inner_call.begins, inner_call.span)) AS first_span_id
        FROM {nestings:Identifier} AS nesting
        INNER JOIN (SELECT span, label FROM {labels:Identifier} WHERE step = 2) AS labelled ON labelled.span = nesting.inner_span
        INNER JOIN {candidates:Identifier} AS inner_call ON inner_call.span = nesting.inner_span
        INNER JOIN {candidates:Identifier} AS outer_call ON outer_call.span = nesting.outer_span
        WHERE (NOT inner_call.failed OR inner_call.has_usage OR NOT outer_call.has_usage)
            AND inner_call.span NOT IN (SELECT span FROM attempt)
        GROUP BY span
    ),
    cumulative AS
    (
        SELECT DISTINCT nesting.outer_span AS span
        FROM {nestings:Identifier} AS nesting
        INNER JOIN {candidates:Identifier} AS inner_call ON inner_call.span = nesting.inner_span
        INNER JOIN {candidates:Identifier} AS outer_call ON outer_call.span = nesting.outer_span
        WHERE inner_call.reporter = outer_call.reporter
            AND inner_call.response_id = outer_call.response_id AND inner_call.response_id != ''
            AND outer_call.input_tokens > inner_call.input_tokens AND outer_call.output_tokens > inner_call.output_tokens
    ),
    placed AS
    (
        SELECT
            candidate.span AS span,
            candidate.trace_id AS trace_id,
            candidate.span_id AS span_id,
            candidate.ingested_at AS ingested_at,
            candidate.begins AS begins,
            candidate.kind AS kind,
            candidate.response_id AS response_id,
            candidate.failed AS failed,
            candidate.has_usage AS has_usage,
            candidate.details AS details,
            candidate.input_tokens AS input_tokens,
            candidate.output_tokens AS output_tokens,
            startsWith(candidate.reporter, 'com.anthropic.') AS by_provider,
            candidate.span IN (SELECT span FROM cumulative) AS is_cumulative,
            call_scene.identity AS identity,
            candidate.tenant_id AS tenant_id,
            candidate.tenant_source AS tenant_source,
            candidate.user_id AS user_id,
            candidate.session_id AS session_id,
            candidate.feature AS feature,
            innermost.span IS NOT NULL AS is_innermost,
            attempt.next_span_id AS next_span_id,
            around.calls > 1 AND NOT is_innermost AS is_sum,
            around.first_span_id AS first_span_id,
            if(is_innermost, innermost.label, around.label) AS label_1
        FROM {candidates:Identifier} AS candidate
        INNER JOIN {scenes:Identifier} AS call_scene ON call_scene.span = candidate.span
        LEFT JOIN (SELECT span, label FROM {labels:Identifier} WHERE step = 2) AS innermost ON innermost.span = candidate.span
        LEFT JOIN around ON around.span = candidate.span
        LEFT JOIN attempt ON attempt.span = candidate.span
    ),
    call_2 AS
    (
        SELECT
            *,
            min(label_1) OVER (PARTITION BY identity) AS label_2
        FROM placed
        WHERE NOT is_sum AND next_span_id IS NULL
    ),
    call_3 AS (SELECT *, min(label_2) OVER (PARTITION BY label_1) AS label_3 FROM call_2),
    call_4 AS
    (
        SELECT
            *,
            min(label_3) OVER (PARTITION BY identity) AS label_4
        FROM call_3
    ),
    call_5 AS (SELECT *, min(label_4) OVER (PARTITION BY label_1) AS call FROM call_4),
    call_6 AS
    (
        SELECT
            *,
            uniqExactIf((input_tokens, output_tokens), has_usage) OVER (PARTITION BY call) > 1 AS told_apart,
            told_apart AND (by_provider OR is_cumulative) AS goes_first
        FROM call_5
    ),
    ordered AS
    (
        SELECT
            *,
            row_number() OVER best AS place,
            first_value(trace_id) OVER best AS best_trace_id,
            first_value(span_id) OVER best AS best_span_id,
            -- The first that is not NULL.
            first_value(nullIf(tenant_id, '')) OVER whole AS call_tenant_id,
            first_value(if(tenant_id = '', NULL, tenant_source)) OVER whole AS call_tenant_source,
            first_value(nullIf(user_id, '')) OVER whole AS call_user_id,
            first_value(nullIf(session_id, '')) OVER whole AS call_session_id,
            first_value(nullIf(feature, '')) OVER whole AS call_feature
        FROM call_6
        WINDOW
            best AS (PARTITION BY call
                     ORDER BY has_usage DESC, goes_first DESC, details DESC, is_innermost DESC, failed, response_id = '', begins, span),
            whole AS (PARTITION BY call
                      ORDER BY has_usage DESC, goes_first DESC, details DESC, is_innermost DESC, failed, response_id = '', begins, span
                      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    ),
    decided AS
    (
        SELECT
            span,
            trace_id,
            span_id,
            ingested_at,
            toUInt8(place = 1) AS counted,
            multiIf(place = 1, '',
                    best_trace_id = trace_id, concat('same call as span ', best_span_id),
                    concat('same call as span ', best_span_id, ' of trace ', best_trace_id)) AS counted_reason,
            if(ordered.tenant_id = '', ifNull(call_tenant_id, ''), '') AS tenant_id,
            if(ordered.tenant_id = '', ifNull(call_tenant_source, ''), '') AS tenant_source,
            if(ordered.user_id = '', ifNull(call_user_id, ''), '') AS user_id,
            if(ordered.session_id = '', ifNull(call_session_id, ''), '') AS session_id,
            if(ordered.feature = '', ifNull(call_feature, ''), '') AS feature
        FROM ordered
        UNION ALL
        SELECT
            span,
            trace_id,
            span_id,
            ingested_at,
            0 AS counted,
            if(is_sum, concat('sums the calls inside it, such as span ', first_span_id),
               concat('a failed attempt of the call of span ', next_span_id)) AS counted_reason,
            '' AS tenant_id,
            '' AS tenant_source,
            '' AS user_id,
            '' AS session_id,
            '' AS feature
        FROM placed
        WHERE is_sum OR next_span_id IS NOT NULL
    )
SELECT
    decided.span,
    decided.trace_id,
    decided.span_id,
    decided.ingested_at,
    decided.counted,
    decided.counted_reason,
    decided.tenant_id,
    decided.tenant_source,
    decided.user_id,
    decided.session_id,
    decided.feature,
    {version:UInt64} AS version
FROM decided
LEFT JOIN
(
    -- Not FINAL, which would merge all there is before it leaves anything out.
    SELECT *
    FROM call_verdict
    WHERE span IN (SELECT span FROM {candidates:Identifier})
    ORDER BY version DESC
    LIMIT 1 BY span
) AS before
    ON before.span = decided.span
WHERE (decided.counted, decided.counted_reason, decided.tenant_id, decided.tenant_source, decided.user_id,
       decided.session_id, decided.feature)
    != (ifNull(before.counted, 1), ifNull(before.counted_reason, ''), ifNull(before.tenant_id, ''),
        ifNull(before.tenant_source, ''), ifNull(before.user_id, ''), ifNull(before.session_id, ''),
        ifNull(before.feature, ''))

-- Stage 2: puts down which report of a call counts, and what its other reports and the tenant rules say of whose it is.
-- Parameters: batch, verdicts Identifier: the tables of stage 1 and of this one.
INSERT INTO {verdicts:Identifier}
SELECT
    word.span AS span,
    min(word.counted) AS counted,
    anyIf(word.counted_reason, word.is_verdict) AS counted_reason,
    anyIf(word.tenant_id, word.is_verdict) AS tenant_id,
    anyIf(word.tenant_source, word.is_verdict) AS tenant_source,
    anyIf(word.user_id, word.is_verdict) AS user_id,
    anyIf(word.session_id, word.is_verdict) AS session_id,
    anyIf(word.feature, word.is_verdict) AS feature,
    anyIf(word.tenant_id, NOT word.is_verdict) AS rule_tenant_id,
    anyIf(word.tenant_source, NOT word.is_verdict) AS rule_source,
    max(word.before_span) AS rule_goes_first
FROM
(
    -- Not FINAL, which would merge all there is before it leaves anything out.
    SELECT span, true AS is_verdict, counted, counted_reason, tenant_id, tenant_source, user_id, session_id, feature,
           0 AS before_span
    FROM call_verdict
    WHERE span IN (SELECT span FROM {batch:Identifier})
    ORDER BY version DESC
    LIMIT 1 BY span
    UNION ALL
    SELECT span, false AS is_verdict, 1 AS counted, '' AS counted_reason, tenant_id, tenant_source, '' AS user_id,
           '' AS session_id, '' AS feature, before_span
    FROM call_tenant
    WHERE span IN (SELECT span FROM {batch:Identifier})
    ORDER BY version DESC
    LIMIT 1 BY span
) AS word
GROUP BY word.span

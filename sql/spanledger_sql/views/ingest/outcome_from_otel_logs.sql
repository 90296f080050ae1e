-- The results of evaluations that come as OpenTelemetry's event in a log record. What explains them is not read.
-- The placeholders in double braces are the vocabulary's constants.
-- Needs: email_rule, otel_logs_in, reported_outcome, tenant_rule, tenant_rule_set

CREATE MATERIALIZED VIEW IF NOT EXISTS outcome_from_otel_logs TO reported_outcome AS
WITH
    {{as_tenant}},
    {{as_outcome}},
    {{rule_names}},
    {{treatments_of}},
    {{stored_of}},
    {{told_of_whom}},
    CAST(LogAttributes, 'Map(String, String)') AS a,
    CAST(ResourceAttributes, 'Map(String, String)') AS r,
    r['spanledger.pinned_tenant'] AS pinned_tenant,
    as_tenant(firstNonDefault(a['tenant.id'], a['tenant_id'], r['tenant.id'], r['tenant_id'])) AS tenant_said
SELECT
    -- Who evaluates many answers at once may give all one time, and no trace.
    lower(hex(sipHash128(trace_id, SpanId, name, label, a['gen_ai.evaluation.score.value'], response_id, run_id, session_id, tenant_id,
                         toString(Timestamp)))) AS outcome_id,
    in_time(Timestamp) AS ts,
    substringUTF8(a['gen_ai.evaluation.name'], 1, 200) AS name,
    substringUTF8(a['gen_ai.evaluation.score.label'], 1, 200) AS label,
    figure_of(a['gen_ai.evaluation.score.value']) AS score,
    says_good(label) AS good,
    CAST(NULL, 'Nullable(Decimal(38, 12))') AS revenue,
    firstNonDefault(pinned_tenant, tenant_said, '(unattributed)') AS tenant_id,
    multiIf(pinned_tenant != '', 'token', tenant_said != '', 'tenant.id', 'none') AS tenant_source,
    substringUTF8(firstNonDefault(a['spanledger.feature'], r['spanledger.feature']), 1, 1000) AS feature,
    substringUTF8(firstNonDefault(a['session.id'], a['gen_ai.conversation.id']), 1, 1000) AS session_id,
    substringUTF8(a['spanledger.run_id'], 1, 1000) AS run_id,
    if(pinned_tenant = '' OR TraceId = '', TraceId, concat(TraceId, '-', lower(substring(hex(sipHash128(pinned_tenant)), 1, 8)))) AS trace_id,
    substringUTF8(a['gen_ai.response.id'], 1, 1000) AS response_id,
    ServiceName AS service_name,
    'log' AS signal,
    told_of_whom(stored_of(LogAttributes, treatments_of(mapKeys(LogAttributes))),
                 stored_of(ResourceAttributes, treatments_of(mapKeys(ResourceAttributes)))) AS attribution_raw,
    {{inserted_at}} AS ingested_at
FROM otel_logs_in
WHERE 'gen_ai.evaluation.result' IN (EventName, a['event.name']) AND a['gen_ai.evaluation.name'] != '';

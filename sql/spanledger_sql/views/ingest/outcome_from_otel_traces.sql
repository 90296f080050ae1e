-- The outcomes that `record_outcome` sends as spans, and OpenTelemetry's events of evaluations on spans of calls.
-- The placeholders in double braces are the vocabulary's constants.
-- Needs: otel_traces, reported_outcome, tenant_rule, tenant_rule_set

CREATE MATERIALIZED VIEW IF NOT EXISTS outcome_from_otel_traces TO reported_outcome AS
WITH
    {{as_tenant}},
    {{as_outcome}},
    {{rule_names}},
    {{treatments_of}},
    {{told_of_whom}},
    CAST(SpanAttributes, 'Map(String, String)') AS a,
    CAST(ResourceAttributes, 'Map(String, String)') AS r,
    a['gen_ai.operation.name'] = 'outcome' AS is_span,
    -- Name, attributes and time of each outcome that the span tells.
    if(is_span, [('spanledger.outcome', a, Timestamp)],
       arrayFilter(event -> event.1 = 'gen_ai.evaluation.result',
                   arrayZip(`Events.Name`, arrayMap(one -> CAST(one, 'Map(String, String)'), `Events.Attributes`), `Events.Timestamp`)))
        AS told,
    arrayJoin(told) AS one,
    one.2 AS e,
    if(is_span, e['spanledger.outcome.name'], e['gen_ai.evaluation.name']) AS outcome_name,
    if(is_span, e['spanledger.outcome.label'], e['gen_ai.evaluation.score.label']) AS outcome_label,
    if(is_span, e['spanledger.outcome.good'], '') AS good_said,
    r['spanledger.pinned_tenant'] AS pinned_tenant,
    as_tenant(firstNonDefault(a['tenant.id'], a['tenant_id'], r['tenant.id'], r['tenant_id'])) AS tenant_said
SELECT
    -- A span may tell of several answers at one time.
    lower(hex(sipHash128(TraceId, SpanId, outcome_name, outcome_label, e['gen_ai.evaluation.score.value'], e['gen_ai.response.id'],
                         toString(one.3)))) AS outcome_id,
    in_time(one.3) AS ts,
    outcome_name AS name,
    outcome_label AS label,
    figure_of(if(is_span, e['spanledger.outcome.score'], e['gen_ai.evaluation.score.value'])) AS score,
    multiIf(good_said IN ('true', '1'), toNullable(toUInt8(1)), good_said IN ('false', '0'), toNullable(toUInt8(0)), says_good(label))
        AS good,
    if(figure_of(e['spanledger.outcome.revenue_usd']) IS NULL, NULL, toDecimal128OrNull(e['spanledger.outcome.revenue_usd'], 12))
        AS revenue,
    firstNonDefault(pinned_tenant, tenant_said, '(unattributed)') AS tenant_id,
    multiIf(pinned_tenant != '', 'token', tenant_said != '', 'tenant.id', 'none') AS tenant_source,
    firstNonDefault(a['spanledger.feature'], r['spanledger.feature']) AS feature,
    firstNonDefault(a['session.id'], a['gen_ai.conversation.id']) AS session_id,
    a['spanledger.run_id'] AS run_id,
    TraceId AS trace_id,
    firstNonDefault(e['gen_ai.response.id'], if(is_span, '', a['gen_ai.response.id'])) AS response_id,
    ServiceName AS service_name,
    if(is_span, 'span', 'event') AS signal,
    told_of_whom(SpanAttributes, ResourceAttributes) AS attribution_raw,
    IngestedAt AS ingested_at
FROM
(
    -- Few spans tell any: of the others no map is copied.
    SELECT *
    FROM otel_traces
    WHERE SpanAttributes['gen_ai.operation.name'] = 'outcome' OR has(`Events.Name`, 'gen_ai.evaluation.result')
)
WHERE (is_span OR has(`Events.Name`, 'gen_ai.evaluation.result')) AND outcome_name != '';

-- Writes what the tenant rules in force say of a batch's calls, or of those of a restatement.
--
-- The rules are tried in their order; the first that gives a tenant holds, of those before the span's word and of the
-- others each. An attribute is one of the span, else of its resource, else what the ledger's column of that name says.
-- Parameters: version UInt64: of the rules; inserts Identifier: the table of the inserts whose spans are the batch, stage 0
--     of the ledger; spans Identifier: `llm_spans`, or a table of its kind; restatement_id String, restated_chunk UInt32:
--     the calls of a restatement, '' and 0 for a batch.
INSERT INTO call_tenant
WITH
    {{tenant_rules}},
    restated_calls AS
    (
        SELECT ts, trace_id, span_id
        FROM restatement_call
        WHERE restatement_id = {restatement_id:String} AND chunk = {restated_chunk:UInt32}
    ),
    attribute -> firstNonDefault(
        attribution_raw[attribute],
        attribution_raw[concat('resource.', attribute)],
        multiIf(
            attribute = 'service.name', CAST(service_name, 'String'),
            attribute = 'user.id', user_id,
            attribute = 'session.id', session_id,
            attribute = 'host.name', CAST(host_name, 'String'),
            attribute = 'provider.account', CAST(provider_account, 'String'),
            attribute = 'deployment.environment.name', CAST(environment, 'String'),
            attribute = 'spanledger.feature', CAST(feature, 'String'),
            attribute = 'spanledger.workflow', CAST(workflow, 'String'),
            attribute = 'spanledger.run_id', run_id,
            attribute = 'spanledger.cost_center', CAST(cost_center, 'String'),
            attribute = 'tenant.id' AND tenant_id != '(unattributed)', CAST(tenant_id, 'String'),
            '')) AS said,
    called AS
    (
        SELECT
            cityHash64(trace_id, span_id) AS span,
            {{answer_of_rules}}
        FROM {spans:Identifier} AS llm_spans
        WHERE ({restatement_id:String} != '' OR ingested_at IN (SELECT ingested_at FROM {inserts:Identifier}))
            AND ({restatement_id:String} = '' OR ts BETWEEN (SELECT min(ts) FROM restated_calls)
                                                        AND (SELECT max(ts) FROM restated_calls))
            AND ({restatement_id:String} = '' OR (trace_id, span_id) IN (SELECT trace_id, span_id FROM restated_calls))
    )
SELECT
    called.span,
    called.answer.1 AS tenant_id,
    called.answer.2 AS tenant_source,
    called.answer.3 AS before_span,
    {version:UInt64} AS version
FROM called
LEFT JOIN
(
    SELECT *
    FROM call_tenant
    WHERE span IN (SELECT span FROM called)
    ORDER BY version DESC
    LIMIT 1 BY span
) AS known
    ON known.span = called.span
WHERE (tenant_id, tenant_source, before_span)
    != (ifNull(known.tenant_id, ''), ifNull(known.tenant_source, ''), ifNull(known.before_span, 0))
LIMIT 1 BY called.span

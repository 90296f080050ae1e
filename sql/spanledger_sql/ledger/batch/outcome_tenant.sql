-- Writes outcomes with whose they are: a rule that goes first, else they themselves. What the other rules say stands beside it, for
-- outcomes whose calls have no tenant either. The sender's token goes before all of it.
--
-- The worker writes those that came since; a restatement writes those that come out otherwise, and of them what it already wrote it
-- writes no more.
-- Parameters: target Identifier: `outcome`, or a table of its kind with what would be written; version UInt64: of the rules; from, to
--     DateTime64(9, 'UTC'): outcomes of that time, half-open; parts Array(String): the parts of `reported_outcome` to look at, for the
--     worker; restatement_id String: the restatement, for whom tenants Array(String): of those now whose, empty for all; changed UInt8: 1
--     only those that rules changed under since they were written; since DateTime64(6, 'UTC'): when the last restatement of everything
--     that changed began.
INSERT INTO {target:Identifier}
(
    outcome_id, ts, name, label, score, good, revenue, tenant_id, tenant_source, rule_tenant_id, feature, session_id, run_id, trace_id,
    response_id, service_name, signal, restatement_id, ingested_at, attributed_at
)
WITH
    {{tenant_rules}},
    attribute -> firstNonDefault(
        attribution_raw[attribute],
        attribution_raw[concat('resource.', attribute)],
        multiIf(
            attribute = 'service.name', CAST(service_name, 'String'),
            attribute = 'user.id', attribution_raw['enduser.id'],
            attribute = 'session.id', session_id,
            attribute = 'host.name', attribution_raw['resource.host.id'],
            attribute = 'provider.account', attribution_raw['spanledger.provider.account'],
            attribute = 'deployment.environment.name', attribution_raw['resource.deployment.environment'],
            attribute = 'spanledger.feature', CAST(feature, 'String'),
            attribute = 'spanledger.run_id', run_id,
            attribute = 'tenant.id' AND tenant_id != '(unattributed)', CAST(tenant_id, 'String'),
            '')) AS said,
    told AS
    (
        SELECT
            *,
            {{answer_of_rules}}
        FROM reported_outcome
        WHERE ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
            AND (empty({parts:Array(String)}) OR _part IN {parts:Array(String)})
        ORDER BY ingested_at DESC
        LIMIT 1 BY toStartOfHour(ts), outcome_id
    ),
    attributed AS
    (
        SELECT
            outcome_id, ts, name, label, score, good, revenue,
            tenant_source != 'token' AND answer.1 != '' AND answer.3 = 1 AS goes_first,
            if(goes_first, answer.1, CAST(told.tenant_id, 'String')) AS whose,
            if(goes_first, answer.2, CAST(told.tenant_source, 'String')) AS said_by,
            if(whose = '(unattributed)', answer.1, '') AS else_whose,
            feature, session_id, run_id, trace_id, response_id, service_name, signal, ingested_at
        FROM told
    )
SELECT
    a.outcome_id AS outcome_id, a.ts AS ts, a.name AS name, a.label AS label, a.score AS score, a.good AS good, a.revenue AS revenue,
    a.whose AS tenant_id, a.said_by AS tenant_source, a.else_whose AS rule_tenant_id, a.feature AS feature, a.session_id AS session_id,
    a.run_id AS run_id, a.trace_id AS trace_id, a.response_id AS response_id, a.service_name AS service_name, a.signal AS signal,
    {restatement_id:String} AS restatement_id, a.ingested_at AS ingested_at,
    -- A clock that was set back leaves no row behind the one that it replaces.
    greatest(now64(6, 'UTC'), ifNull(addMicroseconds(known.attributed_at, 1), now64(6, 'UTC'))) AS attributed_at
FROM attributed AS a
LEFT JOIN
(
    SELECT outcome_id, ts, tenant_id, tenant_source, rule_tenant_id, ingested_at, attributed_at
    FROM outcome FINAL
    WHERE ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
) AS known
    ON toStartOfHour(known.ts) = toStartOfHour(a.ts) AND known.outcome_id = a.outcome_id
WHERE if(
    {restatement_id:String} = '',
    known.outcome_id IS NULL OR a.ingested_at > known.ingested_at,
    (known.tenant_id, known.tenant_source, known.rule_tenant_id) != (a.whose, a.said_by, a.else_whose)
        AND (empty({tenants:Array(String)}) OR has({tenants:Array(String)}, known.tenant_id))
        AND (NOT {changed:UInt8}
             OR (SELECT max(loaded_at) FROM tenant_rule_set)
                > greatest(known.attributed_at, {since:DateTime64(6, 'UTC')}) - INTERVAL 60 SECOND))

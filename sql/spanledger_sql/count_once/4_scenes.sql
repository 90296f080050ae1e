-- Puts down where each candidate plays, in its trace or in that of the stream whose result it is, and which share their
-- response id for being one call.
--
-- An id proves nothing by itself: some servers count from 0 anew. Spans that share one are the same call if they tell the
-- same tokens, or meet in time and tell the same prompt or model; but where one instrumentation tells different tokens under
-- one id, or different tenants have it at different times, the id repeats, and only what tells the same tokens, of one tenant
-- at one time, is one call.
--
-- Whoever is told an id can send it. What a tenant's token brought is one call with what the same tenant's brought, and with
-- reports of who needs no such token, as a gateway: a report that names the tenant is his, one that names none belongs to
-- whom another names, else to who came first. So nobody takes a call from another tenant by its id. Nor are calls of two sessions
-- of coding agents one for their id.
-- Parameters: candidates, nestings, scenes Identifier: the worker's scratch tables.
INSERT INTO {scenes:Identifier}
WITH
    inside_its_like AS
    (
        SELECT nesting.inner_span
        FROM {nestings:Identifier} AS nesting
        INNER JOIN {candidates:Identifier} AS inner_call ON inner_call.span = nesting.inner_span
        INNER JOIN {candidates:Identifier} AS outer_call ON outer_call.span = nesting.outer_span
        WHERE inner_call.response_id = outer_call.response_id AND inner_call.response_id != ''
    ),
    pinned AS
    (
        SELECT
            response_id AS pinned_id,
            groupUniqArray(tenant_id) AS tenants,
            argMin(tenant_id, (ingested_at, span)) AS first_tenant
        FROM {candidates:Identifier}
        WHERE response_id != '' AND match(tenant_source, '^token( over .*)?$')
        GROUP BY pinned_id
    ),
    named AS
    (
        SELECT report.response_id AS named_id, min(report.tenant_id) AS named_tenant
        FROM {candidates:Identifier} AS report
        INNER JOIN pinned ON pinned.pinned_id = report.response_id
        WHERE NOT match(report.tenant_source, '^token( over .*)?$') AND has(pinned.tenants, report.tenant_id)
        GROUP BY named_id
    ),
    of_sessions AS
    (
        SELECT response_id AS repeated_id
        FROM {candidates:Identifier}
        WHERE response_id != '' AND agent != '' AND session_id != ''
        GROUP BY repeated_id
        HAVING uniqExact(session_id) > 1
    ),
    in_realms AS
    (
        SELECT
            report.*,
            concat(
                multiIf(
                    pinned_id IS NULL, '',
                    match(tenant_source, '^token( over .*)?$') OR has(tenants, tenant_id), tenant_id,
                    tenant_id != '', '',
                    coalesce(named_tenant, first_tenant, '')),
                if(response_id IN (SELECT repeated_id FROM of_sessions), concat(' of session ', session_id), '')) AS realm
        FROM {candidates:Identifier} AS report
        LEFT JOIN pinned ON pinned_id = response_id
        LEFT JOIN named ON named_id = response_id
        WHERE response_id != ''
    ),
    in_runs AS
    (
        SELECT
            *,
            begins > max(ends) OVER (PARTITION BY kind, response_id, realm ORDER BY begins, span
                                     ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) + INTERVAL 1 MINUTE AS starts_run
        FROM in_realms
    ),
    numbered AS
    (
        SELECT
            *,
            sum(ifNull(starts_run, 0)) OVER (PARTITION BY kind, response_id, realm ORDER BY begins, span
                                             ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run,
            has_usage AND span NOT IN (SELECT inner_span FROM inside_its_like) AS tells
        FROM in_runs
    ),
    identified AS
    (
        SELECT
            span,
            uniqExactIf((reporter, input_tokens, output_tokens), tells) OVER same_id
                > uniqExactIf(reporter, tells) OVER same_id AS is_repeated,
            uniqExactIf(tenant_id, tenant_id != '') OVER same_id > 1 AND max(run) OVER same_id > 0 AS of_many,
            uniqExactIf((input_tokens, output_tokens), has_usage) OVER same_id <= 1 AS told_alike,
            if(uniqExactIf(input_tokens, has_usage) OVER same_id <= 1, '', if(answered = '', model, answered)) AS by_model,
            cityHash64(kind, response_id, realm, multiIf(
                is_repeated, toString((input_tokens, output_tokens, has_usage, if(of_many, tenant_id, ''), if(of_many, run, 0))),
                NOT told_alike, toString((run, by_model)),
                of_many, toString(run),
                '')) AS identity
        FROM numbered
        WINDOW same_id AS (PARTITION BY kind, response_id, realm)
    )
SELECT
    candidate.span,
    if(stream.span IS NULL, candidate.trace_id, stream.trace_id) AS scene,
    ifNull(identified.identity, candidate.span) AS identity
FROM {candidates:Identifier} AS candidate
LEFT JOIN identified ON identified.span = candidate.span
LEFT JOIN
(
    SELECT nesting.inner_span AS result, any(outer_call.span) AS span, any(outer_call.trace_id) AS trace_id
    FROM {nestings:Identifier} AS nesting
    INNER JOIN {candidates:Identifier} AS outer_call ON outer_call.span = nesting.outer_span
    WHERE startsWith(outer_call.reporter, 'logfire')
    GROUP BY result
) AS stream
    ON stream.result = candidate.span AND endsWith(candidate.reporter, ' stream')

-- How well each service and instrumentation tells what the ledger needs, the worst first.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period of the calls, half-open
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): as the ledger was then; spans that are not read are as they are now
-- Columns:
--   service: `service.name` of the spans
--   dialect: whose attribute names they were read by
--   scope: the instrumentation
--   calls: counted ones
--   unattributed: of them, without a tenant
--   unpriced: of them, without a price
--   partly_priced: of them, of which a part of what was charged for has no price
--   missing_usage: of them, that succeeded and name no tokens
--   estimated_usage: of them, whose tokens were estimated
--   not_read: spans that carry a model or usage and are no calls to the ledger: nobody here knows what they are, or, where
--     the dialect is `(set aside)`, they cannot be computed
--   unattributed_share, unpriced_share, missing_usage_share: of the calls, 0 to 1; NULL without calls
--   duplicates: reports of calls that another report counts for
--   overridden: of the calls, those whose spans name another tenant than the one that their sender's token is for
--   unbelieved: calls that name tokens which cannot be believed
--   not_read_names: up to five names of such spans, or what the database says of those set aside
--   unknown_attributes: names of up to five attributes of its spans that speak of tokens or usage and that the
--     table `attribute` does not know, as far back as spans are kept
WITH
    (SELECT arrayStringConcat(groupArray(concat('^', pattern, '$')), '|') FROM attribute WHERE pattern != '') AS patterns,
    unread AS
    (
        SELECT
            service_name,
            scope_name,
            arraySlice(arraySort(groupUniqArray(100)(name)), 1, 5) AS names
        FROM
        (
            SELECT
                ServiceName AS service_name,
                ScopeName AS scope_name,
                groupUniqArrayArray(1000)(arrayFilter(
                    name -> match(name, '(?i)token|usage|cached|billed_units|credits')
                        AND NOT (patterns != '' AND match(name, patterns)),
                    SpanAttributes.keys)) AS candidates
            FROM otel_traces
            WHERE Timestamp >= {from:DateTime64(9, 'UTC')} AND Timestamp < {to:DateTime64(9, 'UTC')}
                -- Of the others nothing is told: services that have no call of the period alone are left out with the join.
                AND ServiceName IN (SELECT DISTINCT service_name FROM ledger)
            GROUP BY ServiceName, ScopeName
        )
        ARRAY JOIN candidates AS name
        WHERE name NOT IN (SELECT attribute.name FROM attribute)
        GROUP BY service_name, scope_name
    ),
    -- Spans that speak of a model or of tokens and became no call, but for operations that are known to be none.
    unread_span AS
    (
        SELECT
            ServiceName AS service_name,
            ScopeName AS scope_name,
            count() AS spans,
            arraySlice(arraySort(groupUniqArray(100)(CAST(SpanName, 'String'))), 1, 5) AS span_names
        FROM otel_traces
        WHERE Timestamp >= {from:DateTime64(9, 'UTC')} AND Timestamp < {to:DateTime64(9, 'UTC')}
            AND empty({tenants:Array(String)}) AND empty({where:Array(String)})
            AND arrayExists(name -> match(name, '(?i)(^|[._])(model|model_name|model\\.name|model\\.id)$|usage|token_count|_tokens$'),
                            SpanAttributes.keys)
            AND NOT arrayExists(name -> startsWith(name, 'gen_ai.aggregated_usage.') OR name IN ('spanledger.role',
                                'spanledger.energy.wh'), SpanAttributes.keys)
            AND NOT (SpanAttributes['ai.operationId'] != '' AND NOT match(SpanAttributes['ai.operationId'], '\\.do[A-Z]'))
            AND NOT match(lower(firstNonDefault(SpanAttributes['gen_ai.operation.name'], SpanAttributes['llm.request.type'],
                                          SpanAttributes['openinference.span.kind'],
                                          SpanAttributes['langfuse.observation.type'])), '^(invoke_agent|create_agent|execute_tool|retrieval|retrieve|invoke_workflow|handoff|workflow|agent|task|tool|chain|retriever|prompt|span|event|moderation|amoderation)$')
            AND (TraceId, SpanId) NOT IN (
                SELECT trace_id, span_id FROM llm_spans
                WHERE ts >= {from:DateTime64(9, 'UTC')} - INTERVAL 1 DAY AND ts < {to:DateTime64(9, 'UTC')} + INTERVAL 1 DAY
            )
        GROUP BY service_name, scope_name
    ),
    -- What counts is told by sums; what another report counts for is in none of them.
    told AS
    (
        SELECT
            service_name,
            dialect,
            scope_name,
            sum(of.known_calls) AS calls,
            sum(of.unattributed) AS unattributed,
            sum(of.unpriced) AS unpriced,
            sum(of.partly_priced) AS partly_priced,
            sum(of.missing_usage) AS missing_usage,
            sum(of.estimated_usage) AS estimated_usage,
            sum(of.duplicates) AS duplicates,
            sum(of.overridden) AS overridden,
            sum(of.unbelieved) AS unbelieved
        FROM
        (
            SELECT
                service_name,
                dialect,
                scope_name,
                sum(c.known_calls) AS known_calls,
                sumIf(c.least_calls, c.tenant_id IN ('', '(unattributed)')) AS unattributed,
                sumIf(c.least_calls, c.price_status = 'unpriced') AS unpriced,
                sumIf(c.least_calls, c.price_status = 'partial') AS partly_priced,
                sumIf(c.least_calls, c.usage_source = 'missing' AND c.status = 'ok') AS missing_usage,
                sumIf(c.least_calls, c.usage_source = 'estimated') AS estimated_usage,
                toUInt64(0) AS duplicates,
                sum(c.overridden) AS overridden,
                sum(c.unbelieved) AS unbelieved
            FROM call_hours({{what_is_asked_for}}, grain = 'period', timezone = 'UTC') AS c
            WHERE {{asked_for}}
            GROUP BY service_name, dialect, scope_name
            UNION ALL
            SELECT service_name, dialect, scope_name, 0, 0, 0, 0, 0, 0, count() AS duplicates, 0, 0
            FROM
            (
                SELECT *, if(response_model != '', response_model, request_model) AS model
                FROM ledger FINAL
                PREWHERE enriched_at <= {moment:DateTime64(6, 'UTC')}
                WHERE counted = 0
                SETTINGS do_not_merge_across_partitions_select_final = 1, apply_prewhere_after_final = 0
            ) AS c
            WHERE {{asked_for}}
            GROUP BY service_name, dialect, scope_name
        ) AS of
        GROUP BY service_name, dialect, scope_name
    )
SELECT
    told.service_name AS service,
    told.dialect AS dialect,
    told.scope_name AS scope,
    told.calls AS calls,
    told.unattributed AS unattributed,
    told.unpriced AS unpriced,
    told.partly_priced AS partly_priced,
    told.missing_usage AS missing_usage,
    told.estimated_usage AS estimated_usage,
    if(calls = 0, NULL, unattributed / calls) AS unattributed_share,
    if(calls = 0, NULL, unpriced / calls) AS unpriced_share,
    if(calls = 0, NULL, missing_usage / calls) AS missing_usage_share,
    told.duplicates AS duplicates,
    told.overridden AS overridden,
    told.unbelieved AS unbelieved,
    not_read,
    arrayStringConcat(not_read_names, ', ') AS not_read_names,
    arrayStringConcat(ifNull(unread.names, []), ', ') AS unknown_attributes
FROM
(
    SELECT *, 0 AS not_read, CAST([], 'Array(String)') AS not_read_names FROM told
    UNION ALL
    SELECT service_name, '(not read)', scope_name, 0, 0, 0, 0, 0, 0, 0, 0, 0, spans, span_names FROM unread_span
    UNION ALL
    SELECT service_name, '(set aside)', scope_name, 0, 0, 0, 0, 0, 0, 0, 0, 0, count(), arraySlice(arraySort(groupUniqArray(100)(reason)), 1, 5)
    FROM set_aside FINAL
    WHERE waiting = 1 AND empty({tenants:Array(String)}) AND empty({where:Array(String)})
        AND ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
    GROUP BY service_name, scope_name
) AS told
LEFT JOIN unread
    ON unread.service_name = told.service_name AND unread.scope_name = told.scope_name
ORDER BY unattributed + unpriced + missing_usage + not_read DESC, calls DESC, service, dialect, scope

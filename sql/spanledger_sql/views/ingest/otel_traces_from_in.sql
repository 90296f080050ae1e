-- Keeps of a span what may be stored, by an allow-list: what spanledger_vocabulary/attribute.csv knows, numbers and truth
-- values, and what the tenant rules in force name. It holds for the attributes of spans, resources and events. Of others
-- neither name nor value is stored; nor are messages of a status, states of a trace, attributes of links, texts of
-- exceptions. Names of spans and events are names: a hundred characters of them are kept.
--
-- All rows of an insert have one IngestedAt: the microseconds in the setting `log_comment`, where an insert gives them, so
-- that the rows of an insert whose end nobody saw can be found and taken back; else now.
--
-- The placeholders in double braces are the vocabulary's constants.
-- Needs: email_rule, otel_traces, otel_traces_in, tenant_rule, tenant_rule_set

CREATE MATERIALIZED VIEW IF NOT EXISTS otel_traces_from_in TO otel_traces AS
WITH
    (
        SELECT groupUniqArray(attribute)
        FROM tenant_rule
        WHERE version = (SELECT max(version) FROM tenant_rule_set)
    ) AS rule_names,

    -- What is done with a value, by its name, and what is left of it.
    {{treatments_of}},
    {{stored_of}},
    treatments_of(mapKeys(SpanAttributes)) AS span_treatments,
    treatments_of(mapKeys(ResourceAttributes)) AS resource_treatments
SELECT
    Timestamp,
    -- What a tenant's token brought shares no trace with others: an id that another tenant used proves nothing.
    if(ResourceAttributes['spanledger.pinned_tenant'] = '', TraceId,
       concat(TraceId, '-', lower(substring(hex(sipHash128(ResourceAttributes['spanledger.pinned_tenant'])), 1, 8))))
        AS TraceId,
    SpanId,
    ParentSpanId,
    '' AS TraceState,
    substringUTF8(SpanName, 1, 100) AS SpanName,
    SpanKind,
    ServiceName,
    stored_of(ResourceAttributes, resource_treatments) AS ResourceAttributes,
    ScopeName,
    ScopeVersion,
    stored_of(SpanAttributes, span_treatments) AS SpanAttributes,
    Duration,
    StatusCode,
    '' AS StatusMessage,
    `Events.Timestamp`,
    arrayMap(name -> substringUTF8(name, 1, 100), `Events.Name`) AS `Events.Name`,
    arrayMap(attributes -> stored_of(attributes, treatments_of(mapKeys(attributes))), `Events.Attributes`) AS `Events.Attributes`,
    `Links.TraceId`,
    `Links.SpanId`,
    arrayMap(state -> '', `Links.TraceState`) AS `Links.TraceState`,
    arrayMap(attributes -> CAST(map(), 'Map(LowCardinality(String), String)'), `Links.Attributes`) AS `Links.Attributes`,
    {{inserted_at}} AS IngestedAt
FROM otel_traces_in;

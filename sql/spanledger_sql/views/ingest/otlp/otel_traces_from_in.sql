-- Keeps of a span what may be stored, by an allow-list: what spanledger_vocabulary/rows/attribute.csv knows, numbers and truth
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
    {{rule_names}},

    -- What is done with a value, by its name, and what is left of it.
    {{treatments_of}},
    {{stored_of}},

    -- Level by level, or else what is left of a value would be found anew for each of its uses.
    looked_at AS
    (
        SELECT *, mapValues(SpanAttributes) AS texts, treatments_of(mapKeys(SpanAttributes)) AS treatments
        FROM otel_traces_in
    ),
    stored AS
    (
        SELECT *, if(is_plain(treatments, texts), [], stored_texts(treatments, texts)) AS left_of_texts
        FROM looked_at
    ),
    kept AS
    (
        SELECT *, if(empty(left_of_texts), [], worth_keeping(treatments, left_of_texts)) AS are_kept
        FROM stored
    )
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
    stored_of(ResourceAttributes, treatments_of(mapKeys(ResourceAttributes))) AS ResourceAttributes,
    ScopeName,
    ScopeVersion,
    if(empty(left_of_texts), SpanAttributes, as_map(mapKeys(SpanAttributes), left_of_texts, are_kept)) AS SpanAttributes,
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
FROM kept;

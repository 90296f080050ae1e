-- Keeps the log records that tell tokens, and of them what may be stored, by the allow-list that holds for spans. Bodies are
-- not stored, nor severities' texts of their own.
--
-- The placeholders in double braces are the vocabulary's constants.
-- Needs: email_rule, otel_logs, otel_logs_in, tenant_rule, tenant_rule_set

CREATE MATERIALIZED VIEW IF NOT EXISTS otel_logs_from_in TO otel_logs AS
WITH
    {{rule_names}},
    {{treatments_of}},
    {{stored_of}}
SELECT
    -- Some agents set no time of the record.
    if(toUnixTimestamp64Second(Timestamp) > 0, Timestamp,
       ifNull(parseDateTime64BestEffortOrNull(LogAttributes['event.timestamp'], 9, 'UTC'), Timestamp)) AS Timestamp,
    TraceId,
    SpanId,
    substringUTF8(SeverityText, 1, 20) AS SeverityText,
    SeverityNumber,
    ServiceName,
    '' AS Body,
    stored_of(ResourceAttributes, treatments_of(mapKeys(ResourceAttributes))) AS ResourceAttributes,
    ScopeName,
    ScopeVersion,
    stored_of(LogAttributes, treatments_of(mapKeys(LogAttributes))) AS LogAttributes,
    substringUTF8(if(LogAttributes['event.name'] != '', LogAttributes['event.name'], EventName), 1, 100) AS EventName,
    {{inserted_at}} AS IngestedAt
FROM otel_logs_in
WHERE {{tells_tokens}};

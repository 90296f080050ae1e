-- Keeps the counters of the usage of LLMs, and of their attributes what may be stored.
--
-- The placeholders in double braces are the vocabulary's constants.
-- Needs: email_rule, otel_metrics_sum, otlp_metric_requests, tenant_rule, tenant_rule_set

CREATE MATERIALIZED VIEW IF NOT EXISTS otel_metrics_sum_from_otlp TO otel_metrics_sum AS
WITH
    {{rule_names}},
    {{treatments_of}},
    {{stored_of}},
    {{attribute_text}},
    arrayJoin(resource_metrics) AS rm,
    arrayJoin(rm.scope_metrics) AS sm,
    arrayJoin(arrayFilter(m -> {{tells_usage}}, sm.metrics)) AS metric,
    arrayJoin(metric.sum.data_points) AS p,
    texts_of(rm.resource.attributes) AS resource_texts,
    texts_of(p.attributes) AS point_texts
SELECT
    stored_of(resource_texts, treatments_of(mapKeys(resource_texts))) AS ResourceAttributes,
    sm.scope.name AS ScopeName,
    sm.scope.version AS ScopeVersion,
    resource_texts['service.name'] AS ServiceName,
    metric.name AS MetricName,
    substringUTF8(metric.unit, 1, 40) AS MetricUnit,
    stored_of(point_texts, treatments_of(mapKeys(point_texts))) AS Attributes,
    as_time(p.start_time_unix_nano) AS StartTimeUnix,
    as_time(p.time_unix_nano) AS TimeUnix,
    p.as_double + p.as_int AS Value,
    p.flags AS Flags,
    metric.sum.aggregation_temporality AS AggregationTemporality,
    metric.sum.is_monotonic AS IsMonotonic,
    {{inserted_at}} AS IngestedAt
FROM otlp_metric_requests;

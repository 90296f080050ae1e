-- Keeps the histograms of the usage of LLMs, and of their attributes what may be stored.
--
-- The placeholders in double braces are the vocabulary's constants.
-- Needs: email_rule, otel_metrics_histogram, otlp_metric_requests, tenant_rule, tenant_rule_set

CREATE MATERIALIZED VIEW IF NOT EXISTS otel_metrics_histogram_from_otlp TO otel_metrics_histogram AS
WITH
    {{rule_names}},
    {{treatments_of}},
    {{stored_of}},
    {{attribute_text}},
    arrayJoin(resource_metrics) AS rm,
    arrayJoin(rm.scope_metrics) AS sm,
    arrayJoin(arrayFilter(m -> {{tells_usage}}, sm.metrics)) AS metric,
    arrayJoin(arrayConcat(
        arrayMap(d -> (d.start_time_unix_nano, d.time_unix_nano, d.flags, d.count, d.sum, d.attributes,
                       metric.histogram.aggregation_temporality), metric.histogram.data_points),
        arrayMap(d -> (d.start_time_unix_nano, d.time_unix_nano, d.flags, d.count, d.sum, d.attributes,
                       metric.exponential_histogram.aggregation_temporality), metric.exponential_histogram.data_points))) AS q,
    texts_of(rm.resource.attributes) AS resource_texts,
    texts_of(q.6) AS point_texts
SELECT
    stored_of(resource_texts, treatments_of(mapKeys(resource_texts))) AS ResourceAttributes,
    sm.scope.name AS ScopeName,
    sm.scope.version AS ScopeVersion,
    resource_texts['service.name'] AS ServiceName,
    metric.name AS MetricName,
    substringUTF8(metric.unit, 1, 40) AS MetricUnit,
    stored_of(point_texts, treatments_of(mapKeys(point_texts))) AS Attributes,
    as_time(q.1) AS StartTimeUnix,
    as_time(q.2) AS TimeUnix,
    q.4 AS Count,
    q.5 AS Sum,
    q.3 AS Flags,
    q.7 AS AggregationTemporality,
    {{inserted_at}} AS IngestedAt
FROM otlp_metric_requests;

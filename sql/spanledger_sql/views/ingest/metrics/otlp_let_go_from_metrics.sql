-- Counts the metrics that tell nothing of the usage of LLMs, and the points of unspecified temporality: of the first nothing is
-- stored, of the others nothing is counted.
-- Needs: otlp_let_go, otlp_metric_requests

CREATE MATERIALIZED VIEW IF NOT EXISTS otlp_let_go_from_metrics TO otlp_let_go AS
WITH
    arrayJoin(resource_metrics) AS rm,
    (m -> length(m.sum.data_points) + length(m.histogram.data_points) + length(m.exponential_histogram.data_points)) AS points_of,
    (m -> m.sum.aggregation_temporality + m.histogram.aggregation_temporality
          + m.exponential_histogram.aggregation_temporality = 0) AS is_unspecified,
    arraySum(sm -> arraySum(m -> if({{tells_usage}} AND NOT is_unspecified(m), 0, greatest(1, points_of(m))), sm.metrics),
             rm.scope_metrics) AS points
SELECT
    {{inserted_at}} AS ingested_at,
    'metric' AS signal,
    arrayFirst(kv -> kv.key = 'service.name', rm.resource.attributes).value.string_value AS service_name,
    sum(points) AS records
FROM otlp_metric_requests
WHERE points > 0
GROUP BY ALL;

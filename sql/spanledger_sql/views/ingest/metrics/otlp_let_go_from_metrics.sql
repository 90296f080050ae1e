-- Counts the metrics that tell nothing of the usage of LLMs, and apart the points that cannot be counted: of unspecified temporality,
-- of counters that may go down, negative, no number, more than a million millions, or of no time between 1970 and 2100. Of the first nothing is stored, of the
-- others nothing is counted. A point that says that it has no value is none of them.
-- Needs: otlp_let_go, otlp_metric_requests

CREATE MATERIALIZED VIEW IF NOT EXISTS otlp_let_go_from_metrics TO otlp_let_go AS
WITH
    arrayJoin(resource_metrics) AS rm,
    (m -> length(m.sum.data_points) + length(m.histogram.data_points) + length(m.exponential_histogram.data_points)) AS points_of,
    (n -> n BETWEEN 86400000000000 AND 4102444800000000000) AS is_time,
    (m -> m.sum.aggregation_temporality + m.histogram.aggregation_temporality
          + m.exponential_histogram.aggregation_temporality NOT IN (1, 2)
          OR notEmpty(m.sum.data_points) AND NOT m.sum.is_monotonic) AS is_uncountable,
    (m -> arrayCount(p -> bitAnd(p.flags, 1) = 0 AND NOT (p.as_double + p.as_int BETWEEN 0 AND 1e12 AND is_time(p.time_unix_nano)), m.sum.data_points)
          + arrayCount(p -> bitAnd(p.flags, 1) = 0 AND NOT (p.sum BETWEEN 0 AND 1e12 AND is_time(p.time_unix_nano)), m.histogram.data_points)
          + arrayCount(p -> bitAnd(p.flags, 1) = 0 AND NOT (p.sum BETWEEN 0 AND 1e12 AND is_time(p.time_unix_nano)), m.exponential_histogram.data_points))
        AS uncountable_points,
    arraySum(sm -> arraySum(m -> if({{tells_usage}}, 0, greatest(1, points_of(m))), sm.metrics), rm.scope_metrics) AS of_others,
    arraySum(sm -> arraySum(m -> if({{tells_usage}}, if(is_uncountable(m), greatest(1, points_of(m)), uncountable_points(m)), 0),
                            sm.metrics), rm.scope_metrics) AS of_usage,
    arrayJoin([('metric', of_others), ('uncountable metric', of_usage)]) AS told,
    told.2 AS points
SELECT
    {{inserted_at}} AS ingested_at,
    told.1 AS signal,
    arrayFirst(kv -> kv.key = 'service.name', rm.resource.attributes).value.string_value AS service_name,
    sum(points) AS records
FROM otlp_metric_requests
WHERE points > 0
GROUP BY ALL;

-- Reads each counter of usage into usage_point: typed, with one name for each class of tokens.
--
-- What is left out: points without a value, those of unspecified temporality or of what is no count, counters that may go down,
-- sums of classes, and what a metric of the same agent tells better.
-- The placeholders in double braces are the vocabulary's constants.
-- Needs: otel_metrics_sum, tenant_rule, tenant_rule_set, usage_point

CREATE MATERIALIZED VIEW IF NOT EXISTS usage_point_from_sum TO usage_point AS
WITH
    {{rule_names}},
    {{treatments_of}},
    {{as_tenant}},
    {{provider_called}},
    {{claudes_platform}},
    {{usage_point_facts}}
SELECT
    {{usage_point_columns}},
    Value AS value,
    0 AS measurements
FROM otel_metrics_sum
WHERE class_name != '' AND bitAnd(Flags, 1) = 0 AND AggregationTemporality IN (1, 2)
    AND Value BETWEEN 0 AND 1e12 AND IsMonotonic
    AND TimeUnix BETWEEN toDateTime64('1970-01-02 00:00:00', 9, 'UTC') AND toDateTime64('2100-01-01 00:00:00', 9, 'UTC');

-- Notes which calls of some hours brought little.
-- Parameters: hours Array(DateTime('UTC')): which; built UInt64: of the rows.
INSERT INTO hour_waste
(
    begins, built, trace_id, span_id, waste, tenant_id, feature, provider, model, known_calls, least_calls, cost
)
SETTINGS max_partitions_per_insert_block = 0, optimize_on_insert = 0
WITH
    {hours:Array(DateTime('UTC'))} AS hours
SELECT
    toStartOfHour(ts), {built:UInt64}, trace_id, span_id, waste, tenant_id, feature, provider, model, known_calls, least_calls,
    cost
FROM ({{wasted}})

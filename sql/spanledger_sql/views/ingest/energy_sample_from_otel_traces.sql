-- The samples that `spanledger meter` and `measure_energy()` send as spans: one span is one interval of one host.
-- Needs: energy_sample, otel_traces

CREATE MATERIALIZED VIEW IF NOT EXISTS energy_sample_from_otel_traces TO energy_sample AS
WITH
    CAST(SpanAttributes, 'Map(String, String)') AS a,
    CAST(ResourceAttributes, 'Map(String, String)') AS r,
    (name -> toFloat64OrZero(a[name])) AS figure,
    figure('spanledger.energy.wh') AS total
SELECT
    IngestedAt AS ingested_at,
    TraceId AS trace_id,
    SpanId AS span_id,
    if(a['host.name'] != '', a['host.name'], r['host.name']) AS host_name,
    if(a['cloud.provider'] != '', a['cloud.provider'], r['cloud.provider']) AS cloud_provider,
    if(a['cloud.region'] != '', a['cloud.region'], r['cloud.region']) AS cloud_region,
    Timestamp AS started_at,
    least(Timestamp, toDateTime64('2100-01-01 00:00:00', 9, 'UTC')) + toIntervalNanosecond(least(Duration, 2678400000000000)) AS ended_at,
    total AS wh,
    figure('spanledger.energy.cpu_wh') AS cpu_wh,
    figure('spanledger.energy.gpu_wh') AS gpu_wh,
    figure('spanledger.energy.ram_wh') AS ram_wh,
    a['spanledger.energy.cpu_source'] AS cpu_source,
    a['spanledger.energy.gpu_source'] AS gpu_source,
    a['spanledger.energy.ram_source'] AS ram_source
FROM otel_traces
-- A sample that says no host, or a figure or time that cannot be, is no evidence: more than a month or a GWh, a year far off.
WHERE a['gen_ai.operation.name'] = 'energy_sample' AND host_name != '' AND total >= 0 AND total <= 1e9
    AND Duration BETWEEN 1 AND 2678400000000000 AND toYear(Timestamp) BETWEEN 2000 AND 2099;

-- The samples that `spanledger meter` and `measure_energy()` send as spans: one span is one interval of one host.
-- Needs: energy_sample, otel_traces

CREATE MATERIALIZED VIEW IF NOT EXISTS energy_sample_from_otel_traces TO energy_sample AS
WITH
    {{host_named}},
    CAST(SpanAttributes, 'Map(String, String)') AS a,
    CAST(ResourceAttributes, 'Map(String, String)') AS r,
    (name -> toFloat64OrZero(a[name])) AS figure,
    figure('spanledger.energy.wh') AS total,
    [figure('spanledger.energy.cpu_wh'), figure('spanledger.energy.gpu_wh'), figure('spanledger.energy.ram_wh')] AS parts
SELECT
    IngestedAt AS ingested_at,
    TraceId AS trace_id,
    SpanId AS span_id,
    host_named(firstNonDefault(a['host.name'], r['host.name']), firstNonDefault(a['host.id'], r['host.id'])) AS host_name,
    if(a['cloud.provider'] != '', a['cloud.provider'], r['cloud.provider']) AS cloud_provider,
    if(a['cloud.region'] != '', a['cloud.region'], r['cloud.region']) AS cloud_region,
    Timestamp AS started_at,
    least(Timestamp, toDateTime64('2100-01-01 00:00:00', 9, 'UTC')) + toIntervalNanosecond(least(Duration, 2678400000000000)) AS ended_at,
    total AS wh,
    parts[1] AS cpu_wh,
    parts[2] AS gpu_wh,
    parts[3] AS ram_wh,
    a['spanledger.energy.cpu_source'] AS cpu_source,
    a['spanledger.energy.gpu_source'] AS gpu_source,
    a['spanledger.energy.ram_source'] AS ram_source,
    -- What cannot be is kept, said, and no evidence: counters wrap and glitch, and clocks are wrong.
    multiIf(
        NOT isFinite(total) OR arrayExists(part -> NOT isFinite(part), parts), 'no number',
        total < 0 OR arrayExists(part -> part < 0, parts), 'negative',
        arraySum(parts) > total * 1.01 + 0.001, 'parts exceed the total',
        Duration = 0, 'without length',
        -- No machine that runs draws nothing: its counters cannot be read.
        total = 0, 'nothing drawn',
        Duration > 86400000000000, 'longer than a day',
        -- Wh times 3.6e12 / ns is W: no host draws 50 kW, a rack of them does.
        total * 3.6e12 / Duration > 50000, 'more than 50 kW',
        Timestamp > IngestedAt + INTERVAL 5 MINUTE, 'of the future',
        '') AS flaw
FROM (SELECT * FROM otel_traces WHERE SpanAttributes['gen_ai.operation.name'] = 'energy_sample')
-- A sample that says no host is no evidence; nor is what a tenant's own token brought, for others' calls may rest on it.
WHERE host_name != '' AND r['spanledger.pinned_tenant'] = '';

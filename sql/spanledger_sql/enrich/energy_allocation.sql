-- Shares out the measured energy of hosts over the calls that they served, for whole hours of a host.
--
-- A sample belongs to the UTC hour in which it starts. Its energy goes to the calls that ran on its host meanwhile, by
-- their weighted tokens (output 1, input 0.2, cache reads 0.02, at least 1 in all: the token-aware method's ratios)
-- times the share of the call's time that lies in the sample. Idle energy is that of the time in which no call ran, by
-- the host's policy: 'own' and 'owner' leave it on the line with an empty span_id, 'shared' puts it on the calls of the
-- sample, or, where it has none, on those of the hour. The rows written for a host and hour sum to its samples' energy.
-- What CodeCarbon estimates, rather than measures, is taken to be right within a half: wh_low and wh_high.
-- Columns: those of energy_allocation.
--
-- Parameters: hosts Array(String), hours Array(DateTime('UTC')): of which host which hour, side by side;
--     version UInt64: of the rows written.
INSERT INTO energy_allocation (
    host_name, hour, trace_id, span_id, ts, tenant_id, cloud_region, wh, wh_low, wh_high, samples, policy, version
)
WITH
    touched AS
    (
        SELECT pair.1 AS host_name, pair.2 AS hour
        FROM (SELECT arrayJoin(arrayZip({hosts:Array(String)}, {hours:Array(DateTime('UTC'))})) AS pair)
    ),
    samples AS
    (
        SELECT
            sample.host_name AS host_name,
            sample.trace_id AS sample_trace_id,
            sample.span_id AS sample_id,
            toStartOfHour(toDateTime(sample.started_at, 'UTC')) AS hour,
            toUnixTimestamp64Nano(sample.started_at) AS begun,
            toUnixTimestamp64Nano(sample.ended_at) AS ended,
            sample.cloud_region AS cloud_region,
            sample.wh AS wh,
            if(sample.cpu_source = 'estimate', sample.cpu_wh, 0) + if(sample.gpu_source = 'estimate', sample.gpu_wh, 0)
                + if(sample.ram_source = 'estimate', sample.ram_wh, 0) AS estimated_wh
        FROM (SELECT * FROM energy_sample FINAL) AS sample
        WHERE (sample.host_name, toStartOfHour(toDateTime(sample.started_at, 'UTC'))) IN (SELECT host_name, hour FROM touched)
    ),
    served AS
    (
        SELECT
            host_name,
            trace_id,
            span_id,
            ts,
            toUnixTimestamp64Nano(ts) AS begun,
            -- A call without a length happens at its start.
            begun + greatest(1, toInt64(duration_ms * 1e6)) AS ended,
            greatest(1, output_tokens + 0.2 * greatest(0, toInt64(input_tokens) - toInt64(cache_read_tokens))
                        + 0.02 * cache_read_tokens) AS weight
        FROM ledger FINAL
        WHERE counted = 1
            AND host_name IN {hosts:Array(String)}
            AND ts < (SELECT max(ended_at) FROM energy_sample WHERE host_name IN {hosts:Array(String)}
                          AND started_at < arrayMax({hours:Array(DateTime('UTC'))}) + INTERVAL 1 HOUR)
            -- A call to a provider's API is answered elsewhere, even if the app that made it runs on a metered host.
            AND (trace_id, span_id) NOT IN (
                SELECT trace_id, span_id FROM llm_spans
                WHERE host_name IN {hosts:Array(String)}
                    AND if(
                        server_address = '',
                        match(provider, '^(openai|anthropic|cohere|mistral|groq|x_?ai|deepseek|perplexity|aws|az|gcp|google|gemini|vertex|bedrock|ibm|moonshot|openrouter)'),
                        match(server_address, '(openai|azure|anthropic|googleapis|google|amazonaws|cohere|groq|deepseek|fireworks|together|replicate|nvidia)\\.(com|ai|xyz)$|(mistral|cohere|x|perplexity|openrouter|cerebras|together|fireworks)\\.ai$|huggingface\\.co$'))
            )
            -- No call runs for longer than a day.
            AND ts > arrayMin({hours:Array(DateTime('UTC'))}) - INTERVAL 1 DAY
    ),
    -- Samples and calls that meet lie in a common minute: the first that both are in pairs them once.
    meetings AS
    (
        SELECT
            s.host_name AS host_name,
            s.hour AS hour,
            s.sample_trace_id AS sample_trace_id,
            s.sample_id AS sample_id,
            c.trace_id AS trace_id,
            c.span_id AS span_id,
            c.ts AS ts,
            greatest(s.begun, c.begun) AS met,
            least(s.ended, c.ended) AS parted,
            c.weight * ((parted - met) / (c.ended - c.begun)) AS weight
        FROM
        (
            SELECT *, arrayJoin(range(toUInt64(intDiv(begun, 60000000000)), toUInt64(intDiv(ended - 1, 60000000000)) + 1))
                AS minute
            FROM samples
        ) AS s
        INNER JOIN
        (
            SELECT *, arrayJoin(range(toUInt64(intDiv(begun, 60000000000)), toUInt64(intDiv(ended - 1, 60000000000)) + 1))
                AS minute
            FROM served
        ) AS c
            ON c.host_name = s.host_name AND c.minute = s.minute
        WHERE parted > met AND minute = intDiv(met, 60000000000)
    ),
    busy AS
    (
        SELECT
            host_name,
            sample_trace_id,
            sample_id,
            sum(weight) AS weight,
            intervalLengthSum(met, parted) AS busy_ns
        FROM meetings
        GROUP BY host_name, sample_trace_id, sample_id
    ),
    loads AS
    (
        SELECT
            s.host_name AS host_name,
            s.hour AS hour,
            s.sample_trace_id AS sample_trace_id,
            s.sample_id AS sample_id,
            s.cloud_region AS cloud_region,
            s.wh AS wh,
            s.estimated_wh AS estimated_wh,
            ifNull(host.idle_policy, 'own') AS policy,
            ifNull(host.owner, '') AS owner,
            b.weight AS weight,
            multiIf(b.weight IS NULL, 1, policy = 'shared', 0, 1 - b.busy_ns / (s.ended - s.begun)) AS idle_share
        FROM samples AS s
        LEFT JOIN (SELECT * FROM busy) AS b
            ON b.host_name = s.host_name AND b.sample_trace_id = s.sample_trace_id AND b.sample_id = s.sample_id
        LEFT JOIN (SELECT * FROM energy_host FINAL) AS host
            ON host.host_name = s.host_name
    ),
    idle AS
    (
        SELECT
            host_name,
            hour,
            any(cloud_region) AS cloud_region,
            any(policy) AS policy,
            any(owner) AS owner,
            count() AS samples,
            sum(wh * idle_share) AS wh,
            sum(estimated_wh * idle_share) AS estimated_wh
        FROM loads
        GROUP BY host_name, hour
    ),
    allotted AS
    (
        SELECT
            m.host_name AS host_name,
            m.hour AS hour,
            m.trace_id AS trace_id,
            m.span_id AS span_id,
            any(m.ts) AS ts,
            any(l.cloud_region) AS cloud_region,
            any(l.policy) AS policy,
            uniqExact(m.sample_id) AS samples,
            sum(m.weight) AS weight,
            sum(l.wh * (1 - l.idle_share) * (m.weight / l.weight)) AS wh,
            sum(l.estimated_wh * (1 - l.idle_share) * (m.weight / l.weight)) AS estimated_wh
        FROM meetings AS m
        INNER JOIN (SELECT * FROM loads) AS l
            ON l.host_name = m.host_name AND l.sample_trace_id = m.sample_trace_id AND l.sample_id = m.sample_id
        GROUP BY m.host_name, m.hour, m.trace_id, m.span_id
    ),
    hourly AS
    (
        SELECT host_name, hour, sum(weight) AS weight
        FROM allotted
        GROUP BY host_name, hour
    )
SELECT
    a.host_name AS host_name, a.hour AS hour, a.trace_id AS trace_id, a.span_id AS span_id, a.ts AS ts, '' AS tenant_id,
    a.cloud_region AS cloud_region,
    a.wh + if(a.policy = 'shared', i.wh * (a.weight / t.weight), 0) AS wh,
    wh - (a.estimated_wh + if(a.policy = 'shared', i.estimated_wh * (a.weight / t.weight), 0)) / 2 AS wh_low,
    wh + (wh - wh_low) AS wh_high,
    a.samples AS samples, a.policy AS policy, {version:UInt64} AS version
FROM allotted AS a
INNER JOIN (SELECT * FROM idle) AS i ON i.host_name = a.host_name AND i.hour = a.hour
INNER JOIN (SELECT * FROM hourly) AS t ON t.host_name = a.host_name AND t.hour = a.hour
UNION ALL
SELECT
    i.host_name, i.hour, '' AS trace_id, '' AS span_id, toDateTime64(i.hour, 9, 'UTC') AS ts,
    if(i.policy = 'owner', i.owner, '') AS tenant_id,
    i.cloud_region,
    if(i.policy = 'shared' AND t.weight IS NOT NULL, 0, i.wh) AS wh,
    wh - if(i.policy = 'shared' AND t.weight IS NOT NULL, 0, i.estimated_wh) / 2 AS wh_low,
    wh + (wh - wh_low) AS wh_high,
    i.samples, i.policy, {version:UInt64} AS version
FROM idle AS i
LEFT JOIN (SELECT * FROM hourly) AS t ON t.host_name = i.host_name AND t.hour = i.hour

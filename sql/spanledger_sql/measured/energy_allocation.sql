-- Shares out the measured energy of hosts over the calls that they served, for whole hours of a host.
--
-- A sample belongs to the UTC hour in which it starts. Its energy goes to the calls that ran on its host meanwhile, by
-- their weighted tokens (output 1, input 0.2, cache reads 0.02, at least 1 in all: the token-aware method's ratios)
-- times the share of the call's time that lies in the sample. Idle energy is that of the time in which no call ran, by
-- the host's policy: 'own' and 'owner' leave it on the line with an empty span_id, 'shared' puts it on the calls of the
-- sample, or, where it has none, on those of the hour. The rows written for a host and hour sum to its samples' energy.
-- wh_low, wh_high: what CodeCarbon estimates, rather than measures, is taken to be right within a half; and meters see
-- neither fans nor power supplies, disks and network: the host may draw up to 1.8 times what they say.
-- Samples with a flaw are no evidence. Those of one host that overlap are of two machines under one name, or of two meters
-- on one: they are shared out all the same, their bounds are half and double, and the idle line counts them.
-- Columns: those of energy_allocation.
--
-- Parameters: hosts Array(String), hours Array(DateTime('UTC')): of which host which hour, side by side;
--     version UInt64: of the rows written.
INSERT INTO energy_allocation (
    host_name, hour, trace_id, span_id, ts, tenant_id, cloud_region, wh, wh_low, wh_high, samples, overlapping_samples, policy,
    version
)
WITH
    (SELECT groupUniqArrayArray(arrayPushBack(aliases, name)) FROM provider WHERE is_api) AS api_names,
    (SELECT groupUniqArrayArray(hosts) FROM provider WHERE is_api) AS api_hosts,
    touched AS
    (
        SELECT pair.1 AS host_name, pair.2 AS hour
        FROM (SELECT arrayJoin(arrayZip({hosts:Array(String)}, {hours:Array(DateTime('UTC'))})) AS pair)
    ),
    samples AS
    (
        SELECT
            sample.host_name AS host_name,
            (sample.trace_id, sample.span_id) AS sample_id,
            toStartOfHour(toDateTime(sample.started_at, 'UTC')) AS hour,
            toUnixTimestamp64Nano(sample.started_at) AS begun,
            toUnixTimestamp64Nano(sample.ended_at) AS ended,
            ended - begun AS lasted,
            sample.cloud_region AS cloud_region,
            sample.wh AS wh,
            if(sample.cpu_source = 'estimate', sample.cpu_wh, 0) + if(sample.gpu_source = 'estimate', sample.gpu_wh, 0)
                + if(sample.ram_source = 'estimate', sample.ram_wh, 0) AS estimated_wh,
            -- A tenth of a sample is what a restarting meter may repeat.
            least(ended, max(ended) OVER earlier) - begun > lasted / 10
                OR ended - leadInFrame(begun, 1, ended) OVER hosts > lasted / 10 AS overlaps,
            ifNull(host.idle_policy, 'own') AS policy,
            ifNull(host.owner, '') AS owner
        FROM
        (
            SELECT * FROM energy_sample FINAL
            WHERE flaw = '' AND (host_name, toStartOfHour(toDateTime(started_at, 'UTC'))) IN (SELECT host_name, hour FROM touched)
        ) AS sample
        LEFT JOIN (SELECT * FROM energy_host FINAL) AS host
            ON host.host_name = sample.host_name
        WINDOW
            hosts AS (
                PARTITION BY sample.host_name ORDER BY begun, ended
                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING),
            earlier AS (
                PARTITION BY sample.host_name ORDER BY begun, ended
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
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
                        arrayExists(name -> provider = name OR startsWith(provider, concat(name, '.')), api_names),
                        -- By whole labels: api.x.ai is x.ai's, box.ai is not.
                        arrayExists(
                            host -> endsWith(concat(if(startsWith(host, '*'), '', '.'), replaceRegexpOne(lower(server_address), '\\.?(:[0-9]+)?$', '')),
                                             if(startsWith(host, '*'), substring(host, 2), concat('.', host))),
                            api_hosts))
            )
            -- No call runs for longer than a day.
            AND ts > arrayMin({hours:Array(DateTime('UTC'))}) - INTERVAL 1 DAY
    ),
    -- A row for each sample and call that ran in it, and one without a call for each sample.
    meetings AS
    (
        -- Samples and calls that meet lie in a common minute: the first that both are in pairs them once.
        SELECT
            s.host_name AS host_name,
            s.hour AS hour,
            s.sample_id AS sample_id,
            s.wh AS sample_wh,
            s.estimated_wh AS sample_estimated_wh,
            s.overlaps AS overlaps,
            s.lasted AS lasted,
            s.cloud_region AS cloud_region,
            s.policy AS policy,
            s.owner AS owner,
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
        UNION ALL
        SELECT
            host_name, hour, sample_id, wh, estimated_wh, overlaps, lasted, cloud_region, policy, owner,
            '' AS trace_id, '' AS span_id, toDateTime64(hour, 9, 'UTC') AS ts,
            begun AS met, begun AS parted, 0. AS weight
        FROM samples
    ),
    shares AS
    (
        SELECT
            host_name,
            hour,
            trace_id,
            span_id,
            ts,
            cloud_region,
            policy,
            owner,
            overlaps,
            weight,
            sum(weight) OVER sample AS sample_weight,
            intervalLengthSum(met, parted) OVER sample AS busy,
            multiIf(sample_weight = 0, 1, policy = 'shared', 0, 1 - busy / lasted) AS idle_share,
            if(span_id = '', idle_share, (1 - idle_share) * (weight / sample_weight)) AS share,
            sample_wh * share AS wh,
            sample_estimated_wh * share AS estimated_wh
        FROM meetings
        WINDOW sample AS (PARTITION BY host_name, sample_id)
    ),
    allotted AS
    (
        SELECT
            host_name,
            hour,
            trace_id,
            span_id,
            any(s.ts) AS ts,
            any(s.cloud_region) AS cloud_region,
            any(s.policy) AS policy,
            any(s.owner) AS owner,
            count() AS samples,
            countIf(s.overlaps) AS overlapping_samples,
            sum(s.weight) AS weight,
            sum(s.wh) AS wh,
            sum(s.estimated_wh) AS estimated_wh
        FROM shares AS s
        GROUP BY host_name, hour, trace_id, span_id
    )
SELECT
    host_name, hour, trace_id, span_id, ts, tenant_id, cloud_region,
    whole AS wh,
    (whole - estimated / 2) * if(overlapping_samples > 0, 0.5, 1) AS wh_low,
    (whole + estimated / 2) * 1.8 * if(overlapping_samples > 0, 2, 1) AS wh_high,
    samples, overlapping_samples, policy, {version:UInt64} AS version
FROM
(
    SELECT
        host_name,
        hour,
        trace_id,
        span_id,
        ts,
        if(span_id = '' AND policy = 'owner', owner, '') AS tenant_id,
        cloud_region,
        sum(a.weight) OVER host_hour AS hour_weight,
        policy = 'shared' AND hour_weight > 0 AS shared,
        -- What is left of samples without calls goes onto the hour's.
        a.wh * if(shared AND span_id = '', 0, 1)
            + if(shared, (sumIf(a.wh, span_id = '') OVER host_hour) * (a.weight / hour_weight), 0) AS whole,
        a.estimated_wh * if(shared AND span_id = '', 0, 1)
            + if(shared, (sumIf(a.estimated_wh, span_id = '') OVER host_hour) * (a.weight / hour_weight), 0) AS estimated,
        samples,
        overlapping_samples,
        policy
    FROM allotted AS a
    WINDOW host_hour AS (PARTITION BY host_name, hour)
)

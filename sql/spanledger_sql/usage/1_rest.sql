-- Puts down, of each bucket of usage that a report tells, what no span, log or metric tells.
--
-- Calls cover the lines of their provider, model (with its date or without), batch or not, and time; of their account, key,
-- project or workspace where both name one. What they cover is taken off these lines in proportion to their tokens, by whole
-- tokens, the last one of a bucket taking what is left. Reports of single calls are summed by the hour. Of reports of
-- two sources on the same usage each counts: import one.
--
-- Parameters: first, last DateTime64(6, 'UTC'): buckets that touch this time are looked at.
INSERT INTO usage_rest
WITH
    {{plain_model}},
    -- What is left of a number of all when so many were taken off, rounded down: a line has what it adds to it.
    ((of_these, of_all, taken) -> if(of_all <= taken, toUInt64(0),
        toUInt64(intDiv(toUInt128(of_these) * toUInt128(greatest(of_all, taken) - taken), greatest(toUInt128(1), toUInt128(of_all)))))) AS remaining,
    line AS
    (
        SELECT
            source,
            if(granularity = 'call', 'hour', granularity) AS grain,
            toDateTime64(if(granularity = 'call', toDateTime64(toStartOfHour(begins), 3, 'UTC'), begins), 9, 'UTC') AS begin,
            toDateTime64(if(granularity = 'call', toDateTime64(toStartOfHour(begins), 3, 'UTC') + INTERVAL 1 HOUR, ends), 9, 'UTC') AS end,
            provider, model, account, project, workspace, api_key, user_id, service_tier, speed, inference_geo,
            if(countIf(r.calls IS NULL) > 0, NULL, sum(r.calls)) AS calls,
            [sum(r.input_tokens), sum(r.cache_read_tokens), sum(r.cache_write_tokens), sum(r.cache_write_1h_tokens),
             sum(r.output_tokens), sum(r.reasoning_tokens), sum(toUInt64(r.web_searches))] AS counts,
            if(countIf(r.reported_cost IS NOT NULL) > 0, sum(r.reported_cost), NULL) AS reported_cost,
            cityHash64(provider, plain_model(model), service_tier = 'batch', grain, begin, end, source, account) AS bucket
        FROM (SELECT * FROM usage_record FINAL) AS r
        GROUP BY source, grain, begin, end, provider, model, account, project, workspace, api_key, user_id, service_tier, speed,
            inference_geo
        HAVING end > {first:DateTime64(6, 'UTC')} AND begin <= {last:DateTime64(6, 'UTC')}
    ),
    bucket_told AS
    (
        SELECT bucket, any(begin) AS begin, any(end) AS end, any(provider) AS provider, plain_model(any(model)) AS model,
            any(service_tier) = 'batch' AS is_batch, any(account) AS account
        FROM line
        GROUP BY bucket
    ),
    call AS
    (
        SELECT
            trace_id, span_id, ts, provider, provider_account, service_tier = 'batch' AS is_batch, calls AS stands_for,
            plain_model(if(response_model != '', response_model, request_model)) AS model,
            [input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens,
             toUInt64(web_searches)] AS counts
        FROM llm_spans
        WHERE signal != 'usage'
            AND provider IN (SELECT provider FROM line)
            AND ts >= (SELECT min(begin) FROM line) AND ts < (SELECT max(end) FROM line)
            AND cityHash64(trace_id, span_id) NOT IN (
                SELECT span FROM call_verdict GROUP BY span HAVING argMax(counted, version) = 0
            )
        ORDER BY ingested_at
        LIMIT 1 BY trace_id, span_id
    ),
    covered AS
    (
        SELECT
            b.bucket AS bucket,
            sumForEach(call.counts) AS counts,
            sum(ifNull(call.stands_for, 0)) AS calls
        FROM call
        INNER JOIN bucket_told AS b ON b.provider = call.provider AND b.model = call.model AND b.is_batch = call.is_batch
        WHERE call.ts >= b.begin AND call.ts < b.end AND (b.account = '' OR call.provider_account IN ('', b.account))
        GROUP BY b.bucket
    ),
    shared AS
    (
        SELECT
            line.*,
            sumForEach(line.counts) OVER whole AS all_counts,
            sum(ifNull(line.calls, 0)) OVER whole AS all_calls,
            sumForEach(line.counts) OVER so_far AS counts_so_far,
            sum(ifNull(line.calls, 0)) OVER so_far AS calls_so_far,
            if(empty(covered.counts), arrayResize(CAST([], 'Array(UInt64)'), 7, 0), covered.counts) AS covered_counts,
            ifNull(covered.calls, 0) AS covered_calls
        FROM line
        LEFT JOIN covered ON covered.bucket = line.bucket
        WINDOW
            whole AS (PARTITION BY line.bucket),
            so_far AS (PARTITION BY line.bucket ORDER BY line.project, line.workspace, line.api_key, line.user_id, line.model, line.service_tier,
                       line.speed, line.inference_geo
                       ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    ),
    left_over AS
    (
        SELECT
            *,
            arrayMap((so_far, own, all, taken) -> remaining(so_far, all, taken) - remaining(so_far - own, all, taken),
                     counts_so_far, counts, all_counts, covered_counts) AS left,
            if(calls IS NULL, NULL, remaining(calls_so_far, all_calls, covered_calls)
                                    - remaining(calls_so_far - assumeNotNull(calls), all_calls, covered_calls)) AS calls_left
        FROM shared
    )
SELECT
    lower(hex(sipHash128('usage', source, grain, toString(begin), toString(end), provider, model, account, project, workspace,
                         api_key, user_id, service_tier, speed, inference_geo))) AS trace_id,
    lower(hex(sipHash64(trace_id, arrayStringConcat(arrayMap(count -> toString(count), left), ','), toString(ifNull(calls_left, -1)),
                        toString(ifNull(reported_cost, -1.))))) AS span_id,
    source, grain, begin, provider, model, account, project, workspace, api_key, user_id, service_tier, speed, inference_geo,
    calls_left,
    left[1] AS input_tokens,
    least(left[2], input_tokens) AS cache_read_tokens,
    least(left[3], input_tokens - cache_read_tokens) AS cache_write_tokens,
    least(left[4], cache_write_tokens) AS cache_write_1h_tokens,
    left[5] AS output_tokens,
    least(left[6], output_tokens) AS reasoning_tokens,
    toUInt32(left[7]) AS web_searches,
    reported_cost * (input_tokens + output_tokens) / nullIf(counts[1] + counts[5], 0) AS reported_cost,
    toUInt8(input_tokens + output_tokens + web_searches > 0) AS touched
FROM left_over

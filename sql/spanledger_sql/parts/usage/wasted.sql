-- Which calls of some hours (`hours`, their starts) brought little, each with the first that may be said of it: columns `waste` and
-- `cost` as in `hour_waste`, and those of the call. The last ten minutes before an hour are read, too: a call is made again less than a
-- minute after the failed one, and misses a discount at most five after the call before, as that did before.
-- A discount is of what is alike in both prompts and not read from the cache (`shared`): what that would have cost less, without what
-- writing of it what is new to the session (`first_shared`) would have cost more.
-- Calls are put in order by thread with none but the few numbers that tell what was missed: texts are dear to sort, and little is missed.
WITH
    hours_around AS
    (
        SELECT arrayJoin(arrayDistinct(arrayConcat(hours, arrayMap(hour -> hour - INTERVAL 1 HOUR, hours))))
    ),
    {{price_step}},
    entry.steps[step_of(entry.window_starts, entry.tier_starts)] AS price,
    if(price.cache_read < price.input, toDecimal128(
        toDecimal256(call.missed, 0) * toDecimal256(price.input - price.cache_read, 22)
            - toDecimal256(least(call.missed, call.first_shared), 0)
              * toDecimal256(greatest(toDecimal128(0, 22), price.cache_write - price.input), 22), 12), toDecimal128(0, 12)) AS discount
SELECT
    call.ts AS ts,
    call.trace_id AS trace_id,
    call.span_id AS span_id,
    call.tenant_id AS tenant_id,
    call.feature AS feature,
    call.provider AS provider,
    call.model AS model,
    call.known_calls AS known_calls,
    call.least_calls AS least_calls,
    if(call.class != '', call.class, 'missed cache') AS waste,
    if(call.class != '', toDecimal128(call.contracted_cost, 12), discount) AS cost
FROM
(
    SELECT
        t.*,
        multiIf(
            t.of_itself != '', t.of_itself,
            arrayExists(moment -> moment <= t.ts AND moment > t.ts - INTERVAL 1 MINUTE, failed.moments), 'tried again',
            '') AS class
    FROM
    (
        SELECT
            c.*,
            if(c.response_model != '', c.response_model, c.request_model) AS model,
            ifNull(c.calls, 0) AS known_calls,
            ifNull(c.calls, 1) AS least_calls,
            c.same AS same,
            c.of_itself AS of_itself,
            of_thread.missed AS missed,
            of_thread.first_shared AS first_shared
        FROM
        (
            SELECT
                *, {{wasted_of_itself}} AS of_itself, {{same_of}} AS same, cityHash64(trace_id, span_id) AS call_key
            FROM ledger AS c FINAL
            -- By what rows of a call share: FINAL is to choose among all of them.
            PREWHERE toStartOfHour(ts) IN hours
            WHERE counted = 1
            SETTINGS do_not_merge_across_partitions_select_final = 1, apply_prewhere_after_final = 0
        ) AS c
        ANY LEFT JOIN
        (
            SELECT
                call_key,
                ts,
                if(before >= 1024 AND before <= input_tokens AND before_at >= ts - INTERVAL 5 MINUTE, toInt64(before), 0) AS shared,
                if(earlier >= 1024 AND earlier <= before AND earlier_at >= before_at - INTERVAL 5 MINUTE, toInt64(earlier), 0)
                    AS shared_before,
                greatest(0, shared - shared_before) AS first_shared,
                greatest(0, least(toInt64(text_input), shared - toInt64(from_cache))) AS missed
            FROM
            (
                SELECT
                    *,
                    lagInFrame(input_tokens, 1, 0) OVER thread AS before,
                    lagInFrame(input_tokens, 2, 0) OVER thread AS earlier,
                    lagInFrame(ts, 1) OVER thread AS before_at,
                    lagInFrame(ts, 2) OVER thread AS earlier_at
                FROM
                (
                    WITH
                        {{quantities}}
                    SELECT
                        {{thread_of}} AS thread_of,
                        cityHash64(call.trace_id, call.span_id) AS call_key,
                        call.ts AS ts,
                        call.input_tokens AS input_tokens,
                        text_input,
                        cached_text + cache_written AS from_cache
                    FROM ledger AS call FINAL
                    PREWHERE toStartOfHour(ts) IN hours_around
                    WHERE counted = 1
                        AND (toStartOfHour(ts) IN hours OR toStartOfHour(ts + INTERVAL 10 MINUTE) IN hours)
                        AND thread_of != 0
                    SETTINGS do_not_merge_across_partitions_select_final = 1, apply_prewhere_after_final = 0
                )
                WINDOW thread AS (PARTITION BY thread_of ORDER BY ts, call_key ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)
            )
            WHERE missed > 0
        ) AS of_thread
            ON of_thread.call_key = c.call_key AND of_thread.ts = c.ts
        WHERE c.of_itself != ''
            OR of_thread.missed > 0
            OR c.same != 0 AND c.same IN (
                SELECT {{same_of}}
                FROM ledger
                WHERE status = 'error' AND toStartOfHour(ts) IN hours_around)
    ) AS t
    LEFT JOIN
    (
        SELECT {{same_of}} AS same, groupArray(ts) AS moments
        FROM ledger FINAL
        PREWHERE toStartOfHour(ts) IN hours_around
            AND cityHash64(trace_id, span_id) IN (
                SELECT cityHash64(trace_id, span_id)
                FROM ledger
                WHERE status = 'error' AND session_id != ''
                    AND toStartOfHour(ts) IN hours_around)
        WHERE counted = 1 AND status = 'error' AND session_id != ''
        GROUP BY same
        SETTINGS do_not_merge_across_partitions_select_final = 1, apply_prewhere_after_final = 0
    ) AS failed
        ON failed.same = t.same
) AS call
ASOF LEFT JOIN (SELECT price_id AS entry_id, known_from, tier_starts, window_starts, steps FROM priced_entry) AS entry
    ON entry.entry_id = if(call.contract_price_id != '', call.contract_price_id, call.price_id)
        AND entry.known_from <= call.enriched_at
WHERE call.class != '' OR discount > 0

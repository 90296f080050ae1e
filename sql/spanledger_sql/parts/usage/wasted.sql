-- Which calls of some hours (`hours`, their starts) brought little, each with the first that may be said of it: columns `waste` and
-- `cost` as in `hour_waste`, and those of the call. The last ten minutes before an hour are read, too: a call is made again less than a
-- minute after the failed one, and misses a discount at most five after the call before, as that did before.
-- A discount is of what is alike in both prompts and not read from the cache (`shared`): what that would have cost less, without what
-- writing of it what is new to the session (`first_shared`) would have cost more.
-- Which calls may be of these is looked up first, by few columns and without looking which rows replace others: those that say so of
-- themselves, those made as a failed one was, and those of a thread of more than one call, as of one alone nothing is missed.
WITH
    hours_around AS
    (
        SELECT arrayJoin(arrayDistinct(arrayConcat(hours, arrayMap(hour -> hour - INTERVAL 1 HOUR, hours))))
    ),
    {{price_step}},
    {{quantities}},
    entry.steps[step_of(entry.window_starts, entry.tier_starts)] AS price,
    greatest(0, least(toInt64(text_input), call.shared - toInt64(cached_text) - toInt64(cache_written))) AS missed,
    if(price.cache_read < price.input, toDecimal128(
        toDecimal256(missed, 0) * toDecimal256(price.input - price.cache_read, 22)
            - toDecimal256(least(missed, call.first_shared), 0)
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
        SELECT *, greatest(0, shared - lagInFrame(shared, 1, 0) OVER thread) AS first_shared
        FROM
        (
            SELECT
                *,
                lagInFrame(input_tokens, 1, 0) OVER thread AS before,
                if(thread_of != 0 AND before >= 1024 AND before <= input_tokens
                       AND lagInFrame(ts, 1) OVER thread >= ts - INTERVAL 5 MINUTE, toInt64(before), 0) AS shared
            FROM
            (
                SELECT
                    *,
                    if(response_model != '', response_model, request_model) AS model,
                    ifNull(c.calls, 0) AS known_calls,
                    ifNull(c.calls, 1) AS least_calls,
                    {{wasted_of_itself}} AS of_itself,
                    if(contract_price_id != '', contract_price_id, price_id) AS priced_by,
                    {{thread_of}} AS thread_of,
                    {{same_of}} AS same
                FROM ledger AS c FINAL
                -- By what rows of a call share: FINAL is to choose among all of them.
                PREWHERE toStartOfHour(ts) IN hours_around
                    AND cityHash64(trace_id, span_id) IN (
                        SELECT cityHash64(trace_id, span_id)
                        FROM ledger AS c
                        WHERE toStartOfHour(ts) IN hours_around
                            AND (toStartOfHour(ts) IN hours OR toStartOfHour(ts + INTERVAL 10 MINUTE) IN hours)
                            AND ({{wasted_of_itself}} != ''
                                OR {{same_of}} != 0 AND {{same_of}} IN (
                                    SELECT {{same_of}}
                                    FROM ledger
                                    WHERE status = 'error'
                                        AND toStartOfHour(ts) IN hours_around)
                                OR {{thread_of}} != 0 AND {{thread_of}} IN (
                                    SELECT {{thread_of}} AS thread
                                    FROM ledger
                                    WHERE toStartOfHour(ts) IN hours_around
                                    GROUP BY thread
                                    HAVING count() > 1)))
                WHERE counted = 1
                    AND (toStartOfHour(ts) IN hours OR toStartOfHour(ts + INTERVAL 10 MINUTE) IN hours)
                SETTINGS do_not_merge_across_partitions_select_final = 1, apply_prewhere_after_final = 0
            )
            WINDOW thread AS (PARTITION BY thread_of ORDER BY ts, trace_id, span_id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
        )
        WINDOW thread AS (PARTITION BY thread_of ORDER BY ts, trace_id, span_id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
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
    WHERE toStartOfHour(t.ts) IN hours
) AS call
ASOF LEFT JOIN (SELECT price_id AS entry_id, known_from, tier_starts, window_starts, steps FROM priced_entry) AS entry
    ON entry.entry_id = call.priced_by AND entry.known_from <= call.enriched_at
WHERE call.class != '' OR discount > 0

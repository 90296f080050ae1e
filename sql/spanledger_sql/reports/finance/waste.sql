-- What was paid for and brought little: failed calls that cost, answers that were cut off or that nobody waited for, calls made again
-- of the same session, model and prompt length within a minute of a failure, discounts of the prompt cache that were missed,
-- commitments that nobody used, prepaid credits that expired. A call is in the first that fits.
--
-- A discount is missed where a call's prompt is no shorter than that of the call before it, of the same session, else run, tenant and
-- model and at most five minutes older, and less of it was read from the cache than that one has, which must be 1,024 tokens at
-- least. It takes for granted that both begin alike. It is what those tokens would have cost less from the cache, without what
-- writing them would have cost more.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   by Array(String): any of tenant, feature, provider, model; the others are folded into ''
-- Columns:
--   waste: `failed`, `cut off`, `abandoned`, `tried again`, `missed cache`, `idle commitment` or `expired credits`
--   tenant, feature, provider, model: '' where not asked for, or not told
--   calls: how many; 0 of commitments and credits
--   cost: effective cost of them, USD: at contract prices, else the parts of the commitments that pay them; of a missed discount what it
--     would have been; else the idle part
--   unknown_cost_calls: of them, without a known cost
--   share: of the whole effective cost of the period by the same dimensions, 0 to 1; NULL where that is nothing
WITH
    failed AS MATERIALIZED
    (
        SELECT cityHash64(session_id, run_id, provider, request_model, input_tokens) AS same, groupArray(ts) AS moments
        FROM calls
        WHERE status = 'error' AND session_id != ''
            AND ts >= {from:DateTime64(9, 'UTC')} - INTERVAL 1 MINUTE AND ts < {to:DateTime64(9, 'UTC')}
        GROUP BY same
    ),
    -- Calls that one of the first four may be said of; what all calls cost is known without them.
    classed AS MATERIALIZED
    (
        SELECT *
        FROM
        (
            SELECT
                multiIf(
                    c.status = 'error', 'failed',
                    {{cut_off}}, 'cut off',
                    {{abandoned}}, 'abandoned',
                    arrayExists(moment -> moment <= c.ts AND moment > c.ts - INTERVAL 1 MINUTE, failed.moments), 'tried again',
                    '') AS waste,
                c.trace_id AS trace_id, c.span_id AS span_id, c.tenant_id AS tenant_id, c.feature AS feature,
                c.provider AS provider, c.model AS model,
                c.known_calls AS known_calls, c.least_calls AS least_calls, c.contracted_cost AS contracted_cost
            FROM
            (
                SELECT *, cityHash64(session_id, run_id, provider, request_model, input_tokens) AS same
                FROM calls AS c
                WHERE ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
                    AND (status = 'error' OR {{cut_off}} OR {{abandoned}}
                         OR session_id != '' AND same IN (SELECT same FROM failed))
            ) AS c
            LEFT JOIN failed
                ON failed.same = c.same AND c.session_id != ''
        )
        WHERE waste != ''
    ),
    -- Each call after another of its session, with what of both prompts is alike, and what of that is new to the session.
    threaded AS
    (
        SELECT
            trace_id, span_id, ts, shared,
            greatest(0, shared - lagInFrame(shared, 1, 0) OVER thread) AS first_shared
        FROM
        (
            SELECT
                trace_id, span_id, ts, thread_of,
                lagInFrame(input_tokens, 1, 0) OVER thread AS before,
                if(before >= 1024 AND before <= input_tokens
                       AND lagInFrame(ts, 1) OVER thread >= ts - INTERVAL 5 MINUTE, toInt64(before), 0) AS shared
            FROM
            (
                SELECT
                    trace_id, span_id, ts, input_tokens,
                    cityHash64(tenant_id, if(session_id != '', session_id, run_id), provider, request_model) AS thread_of
                FROM calls
                WHERE status = 'ok' AND granularity = 'call' AND (session_id != '' OR run_id != '')
                    AND ts >= {from:DateTime64(9, 'UTC')} - INTERVAL 5 MINUTE AND ts < {to:DateTime64(9, 'UTC')}
            )
            WINDOW thread AS (PARTITION BY thread_of ORDER BY ts, trace_id, span_id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
        )
        WINDOW thread AS (PARTITION BY thread_of ORDER BY ts, trace_id, span_id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
    ),
    followed AS MATERIALIZED
    (
        SELECT trace_id, span_id, shared, first_shared
        FROM threaded
        WHERE shared > 0 AND ts >= {from:DateTime64(9, 'UTC')}
    ),
    missed AS
    (
        WITH
            entry.steps[t.price_step + 1] AS price,
            least(toInt64(t.text_input), t.shared - toInt64(t.cached_text) - toInt64(t.cache_written)) AS tokens
        SELECT
            t.trace_id AS trace_id, t.span_id AS span_id, t.tenant_id AS tenant_id, t.feature AS feature, t.provider AS provider,
            t.model AS model, t.known_calls AS known_calls,
            toDecimal128(
                toDecimal256(tokens, 0) * toDecimal256(price.input - price.cache_read, 22)
                    - toDecimal256(least(tokens, t.first_shared), 0)
                      * toDecimal256(greatest(toDecimal128(0, 22), price.cache_write - price.input), 22), 12) AS discount
        FROM
        (
            SELECT
                used.trace_id AS trace_id, used.span_id AS span_id, used.tenant_id AS tenant_id, used.feature AS feature,
                used.provider AS provider, used.model AS model, used.known_calls AS known_calls, used.priced_by AS priced_by,
                used.priced_by_since AS priced_by_since, used.price_step AS price_step, used.text_input AS text_input,
                used.cached_text AS cached_text, greatest(used.cache_write_tokens, used.cache_write_1h_tokens) AS cache_written,
                followed.shared AS shared, followed.first_shared AS first_shared
            FROM used_call AS used
            INNER JOIN followed ON followed.trace_id = used.trace_id AND followed.span_id = used.span_id
            WHERE used.ts >= {from:DateTime64(9, 'UTC')} AND used.ts < {to:DateTime64(9, 'UTC')}
                AND (used.trace_id, used.span_id) IN (SELECT trace_id, span_id FROM followed)
        ) AS t
        INNER JOIN priced_entry AS entry
            ON entry.price_id = t.priced_by AND entry.known_from = t.priced_by_since
        WHERE tokens > 0 AND price.cache_read < price.input AND discount > 0
    ),
    -- <commitments>
    paid AS MATERIALIZED
    (
        SELECT trace_id, span_id
        FROM paid_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')})
    ),
    -- </commitments>
    told AS
    (
        SELECT
            '' AS waste, c.tenant_id AS tenant_id, c.feature AS feature, c.provider AS provider, c.model AS model, 0 AS calls,
            toDecimal128(ifNull(c.contracted_cost, 0), 12) AS cost, 0 AS unknown_cost_calls, toUInt8(1) AS is_whole
        FROM call_hours({{what_is_of_the_period}}) AS c
        WHERE c.ts >= {from:DateTime64(9, 'UTC')} AND c.ts < {to:DateTime64(9, 'UTC')}
        UNION ALL
        SELECT
            waste, tenant_id, feature, provider, model, known_calls, toDecimal128(ifNull(contracted_cost, 0), 12),
            if(contracted_cost IS NULL, least_calls, 0), toUInt8(0)
        FROM classed
        -- <commitments>
        UNION ALL
        -- What a commitment pays costs its parts; where nothing is committed no call is read for it.
        SELECT '', c.tenant_id, c.feature, c.provider, c.model, 0, -toDecimal128(ifNull(c.contracted_cost, 0), 12), 0, toUInt8(1)
        FROM calls AS c
        INNER JOIN paid ON paid.trace_id = c.trace_id AND paid.span_id = c.span_id
        WHERE (SELECT count() FROM commitment) > 0
            AND c.ts >= {from:DateTime64(9, 'UTC')} AND c.ts < {to:DateTime64(9, 'UTC')}
        UNION ALL
        SELECT
            c.waste, c.tenant_id, c.feature, c.provider, c.model, 0, -toDecimal128(ifNull(c.contracted_cost, 0), 12), 0, toUInt8(0)
        FROM classed AS c
        INNER JOIN paid ON paid.trace_id = c.trace_id AND paid.span_id = c.span_id
        WHERE (SELECT count() FROM commitment) > 0
        -- </commitments>
        -- <beside>
        UNION ALL
        SELECT
            multiIf(part.charge_kind = 'expired', 'expired credits', part.idle = 1, 'idle commitment', ifNull(c.waste, '')),
            part.tenant_id, part.feature, part.provider, part.model, 0, part.amount, 0, toUInt8(1)
        FROM beside_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}) AS part
        LEFT JOIN (SELECT trace_id, span_id, waste FROM classed WHERE (SELECT count() FROM commitment) > 0) AS c
            ON c.trace_id = part.trace_id AND c.span_id = part.span_id
        WHERE NOT part.is_prepaid
        -- </beside>
        UNION ALL
        SELECT 'missed cache', tenant_id, feature, provider, model, known_calls, discount, 0, toUInt8(0)
        FROM missed
        WHERE (trace_id, span_id) NOT IN (SELECT trace_id, span_id FROM classed)
            -- <commitments>
            AND (trace_id, span_id) NOT IN (SELECT trace_id, span_id FROM paid WHERE (SELECT count() FROM commitment) > 0)
            -- </commitments>
    ),
    summed AS
    (
        SELECT
            waste,
            if(has({by:Array(String)}, 'tenant'), t.tenant_id, '') AS tenant,
            if(has({by:Array(String)}, 'feature'), t.feature, '') AS of_feature,
            if(has({by:Array(String)}, 'provider'), t.provider, '') AS of_provider,
            if(has({by:Array(String)}, 'model'), t.model, '') AS of_model,
            sum(t.calls) AS calls, sum(t.cost) AS cost, sum(t.unknown_cost_calls) AS unknown_cost_calls,
            sum(sumIf(t.cost, t.is_whole = 1)) OVER (PARTITION BY tenant, of_feature, of_provider, of_model) AS whole
        FROM told AS t
        GROUP BY waste, tenant, of_feature, of_provider, of_model
    )
SELECT
    waste, tenant, of_feature AS feature, of_provider AS provider, of_model AS model, calls, cost, unknown_cost_calls,
    if(whole = 0, NULL, toFloat64(cost) / toFloat64(whole)) AS share
FROM summed
WHERE waste != ''
ORDER BY cost DESC, waste, tenant, feature, provider, model
SETTINGS enable_materialized_cte = 1

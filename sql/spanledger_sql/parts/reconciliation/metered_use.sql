-- What calls of a provider used and cost, by meter, without those that a commitment pays: the CTEs `repeated`, `used_calls` and
-- `used` of a reconciliation. Needs the part model_key_of before it, and join_use_nulls = 1: what does not match must be NULL,
-- never a price of 0.
--
-- What a contract charges the ledger has as one sum: it goes to the meters as the contract's base prices weigh them, and what
-- is left of it to the heaviest.
-- Calls that the ledger has twice: one answer, one model, the same tokens.
repeated AS
(
    SELECT
        cityHash64(response_id, model, input_tokens, output_tokens) AS answer,
        min((ts, span_id)) AS first_of_it
    FROM calls
    WHERE has({names:Array(String)}, provider) AND response_id != ''
        AND ts >= least({from:DateTime64(9, 'UTC')}, {begins:DateTime64(9, 'UTC')})
        AND ts < greatest({to:DateTime64(9, 'UTC')}, {ends:DateTime64(9, 'UTC')})
    GROUP BY answer
    HAVING count() > 1
),
used_calls AS
(
    SELECT
        call.provider_account AS account,
        call.model AS model,
        if(lower(call.service_tier) IN ('', 'default', 'standard', 'auto', 'on_demand', 'on-demand', 'none', 'null',
                                        'unspecified'), 'standard', lower(call.service_tier)) AS service_tier,
        call.contract_price_id AS contract_price_id,
        toDate(toTimeZone(call.ts, {zone:String})) AS local_day,
        call.ts >= {from:DateTime64(9, 'UTC')} AND call.ts < {to:DateTime64(9, 'UTC')} AS in_books,
        call.ts >= {begins:DateTime64(9, 'UTC')} AND call.ts < {ends:DateTime64(9, 'UTC')} AS in_bill,
        call.response_id != '' AND repeated.first_of_it IS NOT NULL
            AND repeated.first_of_it != (call.ts, call.span_id) AS again,
        sum(ifNull(call.calls, 1)) AS answers,
        sumIf(ifNull(call.calls, 1), call.contracted_cost IS NULL) AS unpriced,
        sum(toInt64(call.input_tokens) - least(toInt64(call.input_tokens),
            toInt64(call.cache_read_tokens) + toInt64(greatest(call.cache_write_tokens, call.cache_write_1h_tokens))))
            AS uncached,
        sum(call.cache_read_tokens) AS cache_read,
        sum(greatest(call.cache_write_tokens, call.cache_write_1h_tokens)) AS cache_write,
        sum(call.output_tokens) AS output,
        sum(call.web_searches) AS searches,
        sum(toDecimal128(ifNull(call.contracted_cost, 0), 12)) AS cost,
        [sum(toDecimal256(ifNull(call.input_cost, 0), 12)), sum(toDecimal256(ifNull(call.cache_read_cost, 0), 12)),
         sum(toDecimal256(ifNull(call.cache_write_cost, 0), 12)), sum(toDecimal256(ifNull(call.output_cost, 0), 12)),
         sumIf(toDecimal256(ifNull(call.other_cost, 0), 12), call.web_searches > 0),
         sumIf(toDecimal256(ifNull(call.other_cost, 0), 12), call.web_searches = 0)] AS list_costs
    FROM calls AS call
    LEFT JOIN repeated
        ON repeated.answer = cityHash64(call.response_id, call.model, call.input_tokens, call.output_tokens)
    WHERE has({names:Array(String)}, call.provider)
        AND call.ts >= least({from:DateTime64(9, 'UTC')}, {begins:DateTime64(9, 'UTC')})
        AND call.ts < greatest({to:DateTime64(9, 'UTC')}, {ends:DateTime64(9, 'UTC')})
        AND (call.trace_id, call.span_id) NOT IN
        (
            SELECT trace_id, span_id
            FROM covered_call
            WHERE covers_usage AND in_term AND NOT names_nothing
                AND ts >= least({from:DateTime64(9, 'UTC')}, {begins:DateTime64(9, 'UTC')})
                AND ts < greatest({to:DateTime64(9, 'UTC')}, {ends:DateTime64(9, 'UTC')})
        )
    GROUP BY ALL
),
used AS MATERIALIZED
(
    SELECT
        use.account AS account,
        use.in_books AS in_books,
        use.in_bill AS in_bill,
        use.again AS again,
        meters.1 AS class,
        if(class IN ('search', 'unit'), '', model_key_of(use.model)) AS model_key,
        if(class IN ('search', 'unit'), '', use.model) AS model,
        if(class IN ('search', 'unit'), '', use.service_tier) AS tier,
        use.local_day AS day,
        meters.2 AS quantity,
        meters.3 AS cost,
        if(class = 'requests', use.unpriced, 0) AS unpriced
    FROM
    (
        WITH
            [toDecimal256(uncached, 0) * ifNull(price.input_price, 0),
             toDecimal256(cache_read, 0) * ifNull(price.cache_read_price, 0),
             toDecimal256(cache_write, 0) * ifNull(price.cache_write_price, 0),
             toDecimal256(output, 0) * ifNull(price.output_price, 0),
             toDecimal256(searches, 0) * ifNull(price.search_price, 0),
             toDecimal256(0, 22)] AS at_contract,
            arrayMap(one -> toDecimal256(one, 22), list_costs) AS at_list,
            arrayReduce('sum', at_contract) AS sum_at_contract,
            arrayReduce('sum', at_list) AS sum_at_list,
            multiIf(arrayReduce('sum', list_costs) = cost, at_list, sum_at_contract > 0, at_contract, at_list) AS weights,
            arrayReduce('sum', weights) AS weight,
            arrayMap(one -> if(weight = 0, toDecimal128(0, 12),
                toDecimal128(toDecimal256(cost, 12) * one / if(weight = 0, toDecimal256(1, 22), weight), 12)), weights)
                AS rounded,
            indexOf(weights, arrayReduce('max', weights)) AS heaviest,
            arrayMap((one, place) -> one + if(place = heaviest, cost - arrayReduce('sum', rounded), toDecimal128(0, 12)),
                     rounded, arrayEnumerate(rounded)) AS costs
        SELECT
            used_calls.*,
            [('input', toDecimal128(uncached, 12), costs[1]), ('cache_read', toDecimal128(cache_read, 12), costs[2]),
             ('cache_write', toDecimal128(cache_write, 12), costs[3]), ('output', toDecimal128(output, 12), costs[4]),
             ('search', toDecimal128(searches, 12), costs[5]), ('unit', toDecimal128(0, 12), costs[6]),
             ('requests', toDecimal128(answers, 12), toDecimal128(0, 12))] AS by_meter
        FROM used_calls
        LEFT JOIN (SELECT * FROM price_list FINAL) AS price
            ON price.price_id = used_calls.contract_price_id AND used_calls.contract_price_id != ''
    ) AS use
    ARRAY JOIN by_meter AS meters
    WHERE meters.2 != 0 OR meters.3 != 0 OR meters.1 = 'requests'
)

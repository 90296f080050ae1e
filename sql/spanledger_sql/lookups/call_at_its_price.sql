-- One call at the row of a price book that priced it, as the row was then: by the ledger's own quantities and arithmetic.
--
-- Parameters:
--   trace_id, span_id String: the call, lower-case hex
--   price_id String: the row, as the ledger names it
-- Columns:
--   price_list.*: the row
--   version: of the contract book; NULL where it is the list
--   tenant_id, provider_account, environment: whose calls the book applies to; NULL where it is the list
--   sha256: of the book's file; NULL where it is the list
--   tier_start: the call pays the prices of prompts over so many tokens; NULL: of any prompt
--   window_start: it pays the prices from this second of the UTC day on; NULL: of any time before the first
--   products: what it used of each class: the ledger's column that it is part of, class, quantity, the price of one, their
--     product, and the least that is billed for it, where that is told; USD
--   costs: of each of the ledger's columns what its products sum to, rounded to 1e-12 USD
WITH
    {{price_step}},
    {{cost_by_class}},
    {{charge_of_others}},
    ((column, class, quantity, price_of_one) -> (
        column, class, toDecimal128(quantity, 6), price_of_one, quantity * price_of_one, toDecimal128(0, 22)
    )) AS product_of,
    entry.steps[step_of(entry.window_starts, entry.tier_starts)] AS price,
    entry.unit_prices[indexOf(entry.units, call.vendor_unit)] AS unit_price
SELECT
    entry.* EXCEPT (steps),
    contract.version AS version,
    contract.tenant_id AS tenant_id,
    contract.provider_account AS provider_account,
    contract.environment AS environment,
    contract.sha256 AS sha256,
    if(tiers_exceeded(entry.tier_starts) = 0, NULL, entry.tier_starts[tiers_exceeded(entry.tier_starts)]) AS tier_start,
    if(windows_begun(entry.window_starts) = 0, NULL, entry.window_starts[windows_begun(entry.window_starts)])
        AS window_start,
    arrayFilter(
        product -> product.quantity != 0
            AND (product.price != 0 OR product.class IN ('input', 'cache_read', 'cache_write', 'cache_write_1h', 'output')),
        CAST(
            arrayConcat([product_of('input_cost', 'input', text_input, price.input),
             product_of('input_cost', 'input_audio', audio_input, price.input_audio),
             product_of('input_cost', 'input_image', image_input, price.input_image),
             product_of('input_cost', 'input_video', video_input, price.input_video),
             product_of('cache_read_cost', 'cache_read', cached_text, price.cache_read),
             product_of('cache_read_cost', 'cache_read_audio', cached_audio, price.cache_read_audio),
             product_of('cache_read_cost', 'cache_read_image', cached_image, price.cache_read_image),
             product_of('cache_write_cost', 'cache_write', written_for_5m, price.cache_write),
             product_of('cache_write_cost', 'cache_write_1h', cache_write_1h_tokens, price.cache_write_1h),
             product_of('output_cost', 'output', text_output, price.output),
             product_of('output_cost', 'output_image', image_output, price.output_image),
             product_of('output_cost', 'output_audio', audio_output, price.output_audio),
             product_of('output_cost', 'reasoning', reasoned, price.reasoning),
             product_of('other_cost', 'request', answers, price.request),
             product_of('other_cost', 'search', web_searches, price.search),
             ('other_cost', call.vendor_unit, call.vendor_quantity, unit_price,
              charge_of_units(unit_price, entry.unit_minimum_cost), entry.unit_minimum_cost)],
             arrayMap(part -> product_of('other_cost', unit_of(part), how_many(part),
                                         entry.unit_prices[indexOf(entry.units, unit_of(part))]),
                      parts_of(call.other_units))),
            'Array(Tuple(column String, class String, quantity Decimal(38, 6), price Decimal(38, 22),
                         usd Decimal(38, 22), minimum Decimal(38, 22)))')) AS products,
    CAST(
        cost_by_class(price, unit_price, entry.unit_minimum_cost,
                      charge_of_others(call.other_units, entry.units, entry.unit_prices)),
        'Tuple(input_cost Decimal(18, 12), cache_read_cost Decimal(18, 12), cache_write_cost Decimal(18, 12),
               output_cost Decimal(18, 12), other_cost Decimal(18, 12))') AS costs
FROM
(
    SELECT
        ts,
        input_tokens,
        cache_write_1h_tokens,
        web_searches,
        vendor_unit,
        vendor_quantity,
        other_units,
        enriched_at,
        granularity,
        calls,
        {{quantities}}
    FROM ledger AS call FINAL
    WHERE trace_id = {trace_id:String} AND span_id = {span_id:String}
) AS call
CROSS JOIN
(
    SELECT *, {{steps_of_prices}} AS steps FROM price_list FINAL WHERE price_id = {price_id:String}
    UNION ALL
    SELECT *, {{steps_of_prices}} AS steps FROM price_superseded FINAL WHERE price_id = {price_id:String}
) AS entry
LEFT JOIN
(
    SELECT version, tenant_id, provider_account, environment, sha256 FROM price_book
) AS contract
    ON contract.version = entry.book
ORDER BY entry.loaded_at <= call.enriched_at DESC, entry.loaded_at DESC
LIMIT 1

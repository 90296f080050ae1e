-- Prices in force now or ever, of books, providers or models whose name contains a text.
--
-- Parameters:
--   match String: the text; '': all
-- Columns:
--   book, provider, model: whose prices
--   valid_from: from when on they hold, UTC
--   for: the service tier, speed and region that they are for; '' where any
--   input, cache_read, cache_write, output: USD per million tokens
--   others: those of further classes that differ, USD per million tokens, per request, per search and per unit
--   tiers: prompts that cost more
--   windows: times of day (UTC) from which prices change
--   source: where they are from
SELECT
    book,
    provider,
    model,
    valid_from,
    concat(service_tier, if(service_tier != '' AND speed != '', ' ', ''), speed,
           if(concat(service_tier, speed) != '' AND region != '', ' ', ''), region) AS for,
    toDecimal128(input_price * 1000000, 10) AS input,
    toDecimal128(cache_read_price * 1000000, 10) AS cache_read,
    toDecimal128(cache_write_price * 1000000, 10) AS cache_write,
    toDecimal128(output_price * 1000000, 10) AS output,
    arrayStringConcat(arrayConcat(
        if(cache_write_1h_price != cache_write_price, [concat('cache_write_1h ', toString(cache_write_1h_price * 1000000))], []),
        if(reasoning_price != output_price, [concat('reasoning ', toString(reasoning_price * 1000000))], []),
        if(input_audio_price != input_price, [concat('input_audio ', toString(input_audio_price * 1000000))], []),
        if(output_audio_price != output_price, [concat('output_audio ', toString(output_audio_price * 1000000))], []),
        if(request_price != 0, [concat('request ', toString(request_price))], []),
        if(search_price != 0, [concat('search ', toString(search_price))], []),
        arrayMap((unit, price) -> concat(unit, ' ', toString(price)), units, unit_prices)), ', ') AS others,
    arrayStringConcat(arrayMap(start -> concat('over ', toString(start)), tier_starts), ', ') AS tiers,
    arrayStringConcat(arrayMap(
        start -> formatDateTime(toDateTime(start, 'UTC'), '%H:%i'), window_starts), ', ') AS windows,
    source
FROM price_list FINAL
WHERE positionCaseInsensitive(concat(book, ' ', provider, ' ', model), {match:String}) > 0
    AND applies AND (book IN ('list', 'free') OR book IN (SELECT version FROM price_book FINAL WHERE NOT deleted))
ORDER BY book, provider, model, valid_from, service_tier, speed, region

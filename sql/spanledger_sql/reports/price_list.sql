-- Prices whose provider or model contains a text.
-- Parameters: match String.
-- Columns: book, provider, model, valid_from; prices in USD per million tokens; tiers: prompts that cost more.
SELECT
    book,
    provider,
    model,
    valid_from,
    input_price * 1000000 AS input,
    cache_read_price * 1000000 AS cache_read,
    cache_write_price * 1000000 AS cache_write,
    output_price * 1000000 AS output,
    arrayStringConcat(arrayMap(start -> concat('over ', toString(start)), tier_starts), ', ') AS tiers,
    source
FROM price_list FINAL
WHERE positionCaseInsensitive(concat(provider, ' ', model), {match:String}) > 0
ORDER BY book, provider, model, valid_from

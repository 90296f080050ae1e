-- What the cached tokens of a row of the ledger would have cost more at the price of its uncached ones, less what writing the
-- cache cost above it, USD; NULL where its cost is unknown or all of its prompt was cached: then it has no such price.
if(contracted_cost IS NOT NULL
       AND toInt64(input_tokens) - toInt64(cache_read_tokens) - toInt64(greatest(cache_write_tokens, cache_write_1h_tokens)) > 0,
   toFloat64(input_cost)
       / (toInt64(input_tokens) - toInt64(cache_read_tokens) - toInt64(greatest(cache_write_tokens, cache_write_1h_tokens)))
       * (cache_read_tokens + greatest(cache_write_tokens, cache_write_1h_tokens))
       - toFloat64(cache_read_cost) - toFloat64(cache_write_cost),
   NULL)

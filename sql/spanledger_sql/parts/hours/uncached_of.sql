-- The input of a row of the ledger that was not read from the cache: what the energy of input is reckoned for.
toUInt64(greatest(0, toInt64(input_tokens) - toInt64(cache_read_tokens)))

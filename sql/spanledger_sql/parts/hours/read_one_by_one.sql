-- The rows of the ledger, as `calls_at` has them, that are to be read one by one by `to_read`.
FROM ({{rows_as_of}})
WHERE ts >= {from:DateTime64(9, 'UTC')}
    AND ts < {to:DateTime64(9, 'UTC')}
    AND toStartOfHour(ts) IN to_read.2

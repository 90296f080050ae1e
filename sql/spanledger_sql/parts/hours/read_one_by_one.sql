-- The rows of `calls_at` that are to be read one by one by `to_read`.
FROM calls_at(moment = {moment:DateTime64(6, 'UTC')})
WHERE ts >= {from:DateTime64(9, 'UTC')}
    AND ts < {to:DateTime64(9, 'UTC')}
    AND toStartOfHour(ts) IN to_read.2

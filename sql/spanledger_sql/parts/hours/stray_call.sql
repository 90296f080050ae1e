-- Whether a call is dated where hours are not exact: before 1970, or beyond what a DateTime holds.
(ts < toDateTime64('1970-01-01 01:00:00', 9, 'UTC') OR ts >= toDateTime64('2106-02-07 06:00:00', 9, 'UTC'))

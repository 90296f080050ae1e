-- Lambdas: whether a label says a good result (1) or none (0), else NULL; a number that can be meant; a time that can be reckoned
-- with.
(label -> multiIf(
    lower(label) IN ('pass', 'passed', 'good', 'true', 'yes', 'ok', 'success', 'succeeded', 'solved', 'resolved', 'correct',
                     'relevant', 'accepted'), toNullable(toUInt8(1)),
    lower(label) IN ('fail', 'failed', 'bad', 'false', 'no', 'error', 'failure', 'unsolved', 'unresolved', 'incorrect', 'wrong',
                     'irrelevant', 'not_relevant', 'rejected'), toNullable(toUInt8(0)),
    NULL)) AS says_good,
(text -> if(toFloat64OrNull(text) BETWEEN -1e12 AND 1e12, toFloat64OrNull(text), NULL)) AS figure_of,
(at -> least(greatest(at, toDateTime64('1970-01-02 00:00:00', 9, 'UTC')), toDateTime64('2100-01-01 00:00:00', 9, 'UTC'))) AS in_time

-- How many sums each hour of a period has: those that days are summed of.
-- Parameters: from, to DateTime('UTC'): the period, half-open.
SELECT begins, count() AS sums
FROM ledger_sum
WHERE hours = 1 AND midnight = 0 AND begins >= {from:DateTime('UTC')} AND begins < {to:DateTime('UTC')}
GROUP BY begins

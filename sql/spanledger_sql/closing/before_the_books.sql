-- What the ledger has of the time before the books' first month, by each tenant's midnights.
-- Parameters:
--   first String: the month
SELECT
    sum(call.least_calls) AS calls,
    sum(toDecimal128(ifNull(call.contracted_cost, 0), 12)) AS cost,
    min(call.ts) AS since
FROM calls AS call
LEFT JOIN book_party AS known
    ON known.tenant_id = call.tenant_id
WHERE call.ts < parseDateTimeBestEffort(concat({first:String}, '-01'), 'UTC') - INTERVAL 14 HOUR

-- By what a charge is shared out: what the calls of each tenant cost in its time, or 1 for each that has calls.
-- Parameters: from, to DateTime64(9, 'UTC'): the time, half-open; providers Array(String): whose calls, empty: all; even
--     UInt8: 1: the same for each tenant.
SELECT
    tenant_id AS tenant,
    if({even:UInt8}, toDecimal128(1, 12), sum(toDecimal128(ifNull(contracted_cost, 0), 12))) AS weight
FROM calls
WHERE ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
    AND (empty({providers:Array(String)}) OR has({providers:Array(String)}, provider))
GROUP BY tenant
HAVING weight > 0
ORDER BY tenant

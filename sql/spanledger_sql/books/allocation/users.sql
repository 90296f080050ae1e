-- What each tenant's calls were allocated of a commitment: the weights by which its idle cost is shared out.
-- Parameters: commitment_id String; days Array(Date), versions Array(UInt64): which version of each day is or comes in force.
-- Columns: tenant_id; used: USD.
SELECT
    tenant_id,
    sum(amount) AS used
FROM allocation_row
WHERE commitment_id = {commitment_id:String} AND idle = 0
    AND (day, version) IN (SELECT arrayJoin(arrayZip({days:Array(Date)}, {versions:Array(UInt64)})))
GROUP BY tenant_id
HAVING used > 0
ORDER BY tenant_id

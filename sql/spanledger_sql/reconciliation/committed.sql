-- What each tenant is charged as parts of the commitments that name a provider.
-- Parameters: provider String: as bills name it; from, to DateTime64(9, 'UTC'): the time, half-open.
SELECT
    CAST(tenant_id, 'String') AS tenant,
    sum(allocated_cost.amount) AS amount
FROM allocated_cost
WHERE hour >= {from:DateTime64(9, 'UTC')} AND hour < {to:DateTime64(9, 'UTC')}
    AND commitment_id IN (
        SELECT commitment_id
        FROM (SELECT commitment_id, arrayJoin(providers) AS name FROM commitment FINAL) AS one
        INNER JOIN provider AS seller
            ON seller.name = one.name
        WHERE if(seller.catalogue = '', seller.name, seller.catalogue) = {provider:String})
GROUP BY tenant
HAVING amount > 0
ORDER BY tenant

-- What tenants belong to, and from when until when.
--
-- Parameters:
--   moments Array(DateTime64(9, 'UTC')): only what held then; none: all
-- Columns:
--   tenant: the tenant
--   valid_from: from when on, UTC; 1970-01-01: always before
--   valid_to: until when, UTC, exclusive: as the file says, else when the next begins; NULL: open
--   name, cost_center, owner, source, said_at: as in `tenant_period`
SELECT * FROM
(
    SELECT
        tenant_id AS tenant,
        valid_from,
        nullIf(least(tenant_period.valid_to, leadInFrame(tenant_period.valid_from, 1, tenant_period.valid_to) OVER (
            PARTITION BY tenant_id ORDER BY valid_from ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)),
            toDateTime64('2261-01-01 00:00:00', 9, 'UTC')) AS valid_to,
        name,
        cost_center,
        owner,
        source,
        said_at
    FROM tenant_period FINAL
    WHERE NOT removed
) AS held
WHERE empty({moments:Array(DateTime64(9, 'UTC'))})
    OR arrayExists(moment -> held.valid_from <= moment AND ifNull(moment < held.valid_to, 1), {moments:Array(DateTime64(9, 'UTC'))})
ORDER BY tenant, valid_from

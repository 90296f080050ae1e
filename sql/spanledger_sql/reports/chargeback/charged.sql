-- What tenants pay by their price plans for what `chargeback/chargeback` has, by the same dimensions; of months' minimums and free
-- allowances nothing, which `finance/plans` has.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   by Array(String): any of month, day, hour, tenant, cost_center, environment, service, feature, workflow, user,
--     session, run, provider, account, model, operation, service_tier, region, zone; the others are folded into ''
--   custom Array(String): names of dimensions of one's own, as `attribution(name=...)` says them
--   timezone String: of the times, and of the months of plans
--   tenants Array(String): only theirs; none: everybody's
--   where_names, where_values Array(String): only what is of calls whose dimensions of one's own have these values
-- Columns:
--   month, day, hour: of when the call, or what the charge is for, began, in the time zone; '' where not asked for
--   tenant, cost_center, environment, service, feature, workflow, user, session, run: '' where not asked for
--   provider, account, model, operation, service_tier, region, zone: likewise
--   custom: the values of the dimensions of one's own, in their order; '' where none is said
--   charged_cost: what tenants pay, USD
--   showback_cost: what tenants who do not pay would pay, USD
SELECT
    {{charged_by}},
    sum(if(c.pays = 1, c.price, toDecimal128(0, 12))) AS charged_cost,
    sum(if(c.pays = 1, toDecimal128(0, 12), c.price)) AS showback_cost
FROM tenant_charge(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}, timezone = {timezone:String}) AS c
WHERE (empty({tenants:Array(String)}) OR has({tenants:Array(String)}, c.tenant_id))
    AND (empty({where_names:Array(String)})
         OR arrayAll((name, value) -> c.dimensions[name] = value,
                     {where_names:Array(String)}, {where_values:Array(String)}))
GROUP BY ALL

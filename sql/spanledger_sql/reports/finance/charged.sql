-- What tenants pay by their price plans for what `finance/chargeback` has, by the same dimensions; of months' minimums and free
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
    if(has({by:Array(String)}, 'month'), formatDateTime(toTimeZone(c.ts, {timezone:String}), '%Y-%m'), '') AS month,
    if(has({by:Array(String)}, 'day'), toString(toDate(toTimeZone(c.ts, {timezone:String}))), '') AS day,
    if(has({by:Array(String)}, 'hour'), formatDateTime(toStartOfHour(toTimeZone(c.ts, {timezone:String})), '%Y-%m-%dT%H:%i%z'), '') AS hour,
    if(has({by:Array(String)}, 'tenant'), c.tenant_id, '') AS tenant,
    if(has({by:Array(String)}, 'cost_center'), c.cost_center, '') AS cost_center,
    if(has({by:Array(String)}, 'environment'), c.environment, '') AS environment,
    if(has({by:Array(String)}, 'service'), c.service_name, '') AS service,
    if(has({by:Array(String)}, 'feature'), c.feature, '') AS feature,
    if(has({by:Array(String)}, 'workflow'), c.workflow, '') AS workflow,
    if(has({by:Array(String)}, 'user'), c.user_id, '') AS user,
    if(has({by:Array(String)}, 'session'), c.session_id, '') AS session,
    if(has({by:Array(String)}, 'run'), c.run_id, '') AS run,
    if(has({by:Array(String)}, 'provider'), c.provider, '') AS provider,
    if(has({by:Array(String)}, 'account'), c.provider_account, '') AS account,
    if(has({by:Array(String)}, 'model'), c.model, '') AS model,
    if(has({by:Array(String)}, 'operation'), c.operation, '') AS operation,
    if(has({by:Array(String)}, 'service_tier'), c.service_tier, '') AS service_tier,
    if(has({by:Array(String)}, 'region'), c.cloud_region, '') AS region,
    if(has({by:Array(String)}, 'zone'), c.zone, '') AS zone,
    arrayMap(name -> c.dimensions[name], {custom:Array(String)}) AS custom,
    sum(if(c.pays = 1, c.price, toDecimal128(0, 12))) AS charged_cost,
    sum(if(c.pays = 1, toDecimal128(0, 12), c.price)) AS showback_cost
FROM tenant_charge(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}, timezone = {timezone:String}) AS c
WHERE (empty({tenants:Array(String)}) OR has({tenants:Array(String)}, c.tenant_id))
    AND (empty({where_names:Array(String)})
         OR arrayAll((name, value) -> c.dimensions[name] = value,
                     {where_names:Array(String)}, {where_values:Array(String)}))
GROUP BY ALL

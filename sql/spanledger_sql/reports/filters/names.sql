-- The names of one kind that calls have: tenants, models, providers, features or cost centres, or
-- those of dimensions of one's own.
--
-- Parameters:
--   kind String: `tenant`, `model`, `provider`, `feature`, `cost_center` or `dimension`
-- Columns:
--   name: as in the ledger
-- A name that only a replaced row has is a name, too: nothing needs to be merged.
SELECT DISTINCT CAST(arrayJoin(multiIf(
    {kind:String} = 'tenant', [tenant_id],
    {kind:String} = 'provider', [provider],
    {kind:String} = 'feature', [feature],
    {kind:String} = 'cost_center', [cost_center],
    {kind:String} = 'model', [request_model, response_model],
    mapKeys(dimensions)
)), 'String') AS name
FROM ledger
WHERE counted = 1 AND name != ''
ORDER BY name

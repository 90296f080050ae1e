-- Whether any call has a value of a dimension that pages are narrowed by.
--
-- Parameters:
--   dimension String: `cost_center`, `environment`, `service`, `feature`, `workflow`, `provider`, `model` or `zone`
--   value String: '' of calls that say none
-- Columns:
--   found: 1 or 0
SELECT toUInt8(count() > 0) AS found
FROM
(
    SELECT 1
    FROM ledger
    WHERE counted = 1
        AND {value:String} = multiIf(
            {dimension:String} = 'cost_center', CAST(cost_center, 'String'),
            {dimension:String} = 'environment', CAST(environment, 'String'),
            {dimension:String} = 'service', CAST(service_name, 'String'),
            {dimension:String} = 'feature', CAST(feature, 'String'),
            {dimension:String} = 'workflow', CAST(workflow, 'String'),
            {dimension:String} = 'provider', CAST(provider, 'String'),
            {dimension:String} = 'zone', CAST(zone, 'String'),
            if(response_model != '', CAST(response_model, 'String'), CAST(request_model, 'String')))
    LIMIT 1
)

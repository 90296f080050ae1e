-- What a call (`c`), or a charge beside it, is called by the dimension asked for: a part of the reports that say
-- {{name_by_dimension}}. Without a dimension all are called ''.
multiIf(
    {dimension:String} = '', '',
    {dimension:String} = 'own', if(c.dimensions[{own:String}] = '', concat('(no ', {own:String}, ')'), c.dimensions[{own:String}]),
    {dimension:String} = 'tenant', if(c.tenant_id = '', '(unattributed)', c.tenant_id),
    {dimension:String} = 'cost_center', if(c.cost_center = '', '(no cost centre)', c.cost_center),
    {dimension:String} = 'environment', if(c.environment = '', '(no environment)', c.environment),
    {dimension:String} = 'service', if(c.service_name = '', '(no service)', c.service_name),
    {dimension:String} = 'feature', if(c.feature = '', '(no feature)', c.feature),
    {dimension:String} = 'workflow', if(c.workflow = '', '(no workflow)', c.workflow),
    {dimension:String} = 'provider', if(c.provider = '', '(unknown provider)', c.provider),
    if(c.model = '', '(unknown model)', c.model)
)

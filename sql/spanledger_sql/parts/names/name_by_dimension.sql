-- What a call (`c`), or a charge beside it, is called by the dimension asked for: a part of the reports that say
-- {{name_by_dimension}}. Without a dimension all are called ''. Nested, so that no other column is read than the one asked for.
if({dimension:String} = '', '',
if({dimension:String} = 'own', if(c.dimensions[{own:String}] = '', concat('(no ', {own:String}, ')'), c.dimensions[{own:String}]),
if({dimension:String} = 'tenant', if(c.tenant_id = '', '(unattributed)', CAST(c.tenant_id, 'String')),
if({dimension:String} = 'cost_center', if(c.cost_center = '', '(no cost centre)', CAST(c.cost_center, 'String')),
if({dimension:String} = 'environment', if(c.environment = '', '(no environment)', CAST(c.environment, 'String')),
if({dimension:String} = 'service', if(c.service_name = '', '(no service)', CAST(c.service_name, 'String')),
if({dimension:String} = 'feature', if(c.feature = '', '(no feature)', CAST(c.feature, 'String')),
if({dimension:String} = 'workflow', if(c.workflow = '', '(no workflow)', CAST(c.workflow, 'String')),
if({dimension:String} = 'provider', if(c.provider = '', '(unknown provider)', CAST(c.provider, 'String')),
if(c.model = '', '(unknown model)', CAST(c.model, 'String')))))))))))

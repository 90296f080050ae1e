-- Whose budget a row c counts against: a part of the reports on budgets; '' of the total. Of `if` the engine reads what is meant alone, of
-- `multiIf` all that might be.
if({scope:String} = 'tenant', if(c.tenant_id = '', '(unattributed)', CAST(c.tenant_id, 'String')),
if({scope:String} = 'feature', CAST(c.feature, 'String'),
if({scope:String} = 'cost_center', CAST(c.cost_center, 'String'),
if({scope:String} = 'model', CAST(c.model, 'String'),
if({scope:String} = 'dimension', c.dimensions[{dimension:String}], '')))))

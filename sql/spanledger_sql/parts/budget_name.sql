-- Whose budget a row c counts against: a part of the reports on budgets; '' of the total.
multiIf(
    {scope:String} = 'tenant', if(c.tenant_id = '', '(unattributed)', CAST(c.tenant_id, 'String')),
    {scope:String} = 'feature', CAST(c.feature, 'String'),
    {scope:String} = 'cost_center', CAST(c.cost_center, 'String'),
    {scope:String} = 'model', CAST(c.model, 'String'),
    {scope:String} = 'dimension', c.dimensions[{dimension:String}],
    ''
)

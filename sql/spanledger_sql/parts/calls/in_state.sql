-- Whether a call (`c`, or a sum of alike ones) is in the state that it is sought by, of those that sums tell. Of `if` the engine
-- reads nothing but the branch that a parameter chooses, of `multiIf` all.
if({state:String} = '', true,
    if({state:String} = 'failed', c.status = 'error',
    if({state:String} = 'unpriced', c.price_status = 'unpriced',
    if({state:String} = 'partly priced', c.price_status = 'partial',
    if({state:String} = 'without usage', c.usage_source = 'missing',
    if({state:String} = 'without tenant', c.tenant_id IN ('', '(unattributed)'),
    if({state:String} = 'without emissions', c.co2e_g IS NULL, false)))))))

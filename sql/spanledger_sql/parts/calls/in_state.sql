-- Whether a call (`c`, or a sum of alike ones) is in the state that it is sought by, of those that sums tell.
multiIf(
    {state:String} = 'failed', c.status = 'error',
    {state:String} = 'unpriced', c.price_status = 'unpriced',
    {state:String} = 'partly priced', c.price_status = 'partial',
    {state:String} = 'without usage', c.usage_source = 'missing',
    {state:String} = 'without tenant', c.tenant_id IN ('', '(unattributed)'),
    {state:String} = 'without emissions', c.co2e_g IS NULL,
    {state:String} = '')

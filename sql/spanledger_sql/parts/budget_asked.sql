-- Whether a row c counts against one of the budgets `names`, as {{budget_name}} has it, but by columns that hold each text once: the other
-- rows are let go of without reading more of them.
({scope:String} != 'tenant'
    OR c.tenant_id IN arrayConcat({names:Array(String)}, if(has({names:Array(String)}, '(unattributed)'), [''], [])))
AND ({scope:String} != 'feature' OR c.feature IN {names:Array(String)})
AND ({scope:String} != 'cost_center' OR c.cost_center IN {names:Array(String)})
AND ({scope:String} != 'model' OR c.model IN {names:Array(String)})
AND ({scope:String} != 'dimension' OR c.dimensions[{dimension:String}] IN {names:Array(String)})
AND ({scope:String} IN ('tenant', 'feature', 'cost_center', 'model', 'dimension') OR has({names:Array(String)}, ''))

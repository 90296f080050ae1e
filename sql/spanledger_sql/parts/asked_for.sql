-- Whether a call (`c`) is one that the reader of a page asks for: a part of the reports that say {{asked_for}}. Of what is not
-- narrowed nothing is read; tenants are compared by a column that holds each text once. `where` holds the name of each dimension that
-- is narrowed, and NAME=VALUE for each of its values.
c.ts >= {from:DateTime64(9, 'UTC')}
    AND c.ts < {to:DateTime64(9, 'UTC')}
    AND (empty({tenants:Array(String)})
        OR c.tenant_id IN arrayConcat({tenants:Array(String)}, if(has({tenants:Array(String)}, '(unattributed)'), [''], [])))
    AND (empty({own_values:Array(String)})
        OR has({own_values:Array(String)}, c.dimensions[{own:String}]))
    AND (NOT has({where:Array(String)}, 'cost_center')
        OR has({where:Array(String)}, concat('cost_center=', c.cost_center)))
    AND (NOT has({where:Array(String)}, 'environment')
        OR has({where:Array(String)}, concat('environment=', c.environment)))
    AND (NOT has({where:Array(String)}, 'service')
        OR has({where:Array(String)}, concat('service=', c.service_name)))
    AND (NOT has({where:Array(String)}, 'feature')
        OR has({where:Array(String)}, concat('feature=', c.feature)))
    AND (NOT has({where:Array(String)}, 'workflow')
        OR has({where:Array(String)}, concat('workflow=', c.workflow)))
    AND (NOT has({where:Array(String)}, 'provider')
        OR has({where:Array(String)}, concat('provider=', c.provider)))
    AND (NOT has({where:Array(String)}, 'model')
        OR has({where:Array(String)}, concat('model=', c.model)))
    AND (NOT has({where:Array(String)}, 'zone')
        OR has({where:Array(String)}, concat('zone=', c.zone)))

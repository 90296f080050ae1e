-- Whether a call is one that the reader of a page asks for: a part of the reports that say {{asked_for}}. Of the dimension
-- of one's own nothing is read where its values are not narrowed.
ts >= {from:DateTime64(9, 'UTC')}
    AND ts < {to:DateTime64(9, 'UTC')}
    AND (empty({tenants:Array(String)})
        OR has({tenants:Array(String)}, if(tenant_id = '', '(unattributed)', tenant_id)))
    AND (empty({own_values:Array(String)})
        OR has({own_values:Array(String)}, dimensions[{own:String}]))

-- Whether a call (`c`) has the values asked for of dimensions of one's own.
(empty({where_names:Array(String)})
    OR arrayAll((name, value) -> c.dimensions[name] = value, {where_names:Array(String)}, {where_values:Array(String)}))

-- What a machine is called: its name, or, where that could be any machine's, its id (`host.id`).
((name, id) -> if(lower(name) IN ('', 'localhost', 'localhost.localdomain'), firstNonDefault(id, name), name)) AS host_named

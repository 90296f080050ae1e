-- What a machine is called: its name, or, where that could be any machine's, its id (`host.id`); in small letters, for names that
-- differ by case alone are one machine's.
((name, id) -> lower(if(lower(name) IN ('', 'localhost', 'localhost.localdomain'), firstNonDefault(id, name), name))) AS host_named

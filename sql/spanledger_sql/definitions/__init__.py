"""How the database is defined: the files of its schema, the order they are applied in, and what has been applied."""

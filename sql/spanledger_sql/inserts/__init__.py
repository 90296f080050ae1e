"""How requests of OTLP get into the database: into which tables, with which settings, once, and out again."""

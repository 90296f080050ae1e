"""The database that is embedded: its folder, its settings, and how what is written there lasts."""

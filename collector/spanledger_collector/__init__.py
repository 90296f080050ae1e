"""The OTLP receiver: what is acknowledged is on disk, and reaches ClickHouse once."""

"""The store: schema, ingest and enrichment statements, the reports' queries, and how to run them."""

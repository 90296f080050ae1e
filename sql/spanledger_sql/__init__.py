"""The store: migrations, ingest and enrichment statements, the reports' queries, and how to run them."""

"""The commands, by what they do: read the ledger, keep reference data, run the pipeline."""

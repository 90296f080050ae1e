"""The commands, by what they do: read, carbon, the books, closing months, reference data, running the pipeline."""

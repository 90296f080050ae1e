"""Commands that run the pipeline and look after it."""

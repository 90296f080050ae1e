"""Commands that read the ledger and report on it."""

"""The ledger: resolves, counts once, and writes one costed row a call."""

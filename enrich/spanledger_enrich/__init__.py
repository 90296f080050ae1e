"""The worker: joins calls with prices, energy and grid intensity, and writes the ledger."""

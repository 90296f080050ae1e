"""The books: commitments and their allocation, restatement, and what-ifs over the ledger."""

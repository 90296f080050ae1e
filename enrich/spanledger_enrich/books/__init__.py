"""The books over the ledger: what is charged beside calls, who pays it, and what is closed.

Commitments and charges with their allocation, bills, budgets, plans, reported usage, closing, FOCUS; restatements and
what-ifs.
"""

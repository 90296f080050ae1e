"""Commands on the books: shared costs, budgets, bills and their reconciliation, reported usage, FOCUS.

Restating and forgetting, which change figures or names after the fact, are here too.
"""

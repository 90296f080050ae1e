"""Budgets: what may be used in a period, how far it is used up, what it will come to, and who is told."""

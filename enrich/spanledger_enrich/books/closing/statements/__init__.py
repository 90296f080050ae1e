"""Statements of months: what they say, how they are handed over and called, and what one would say of an open month."""

"""Closing a month: what was posted, the chain of what was done, statements, the journal, and their proof."""

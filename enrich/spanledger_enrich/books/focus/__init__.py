"""FOCUS datasets of the books: Cost and Usage, and what stands beside it."""

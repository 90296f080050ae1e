"""Pages for finance: what was spent, by whom, on what, and who pays."""

"""The method statement: how the figures of a period were got, by which formulas, and as a page for an auditor."""

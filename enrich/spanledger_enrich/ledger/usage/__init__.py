"""Usage that no call tells of: metrics, and the reports of others."""

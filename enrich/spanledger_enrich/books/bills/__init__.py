"""Bills of providers: read in their own shapes, kept line by line, and reconciled with what was metered."""

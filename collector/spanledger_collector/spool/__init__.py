"""The spool: how requests stand in it, its segments, and the one writer."""

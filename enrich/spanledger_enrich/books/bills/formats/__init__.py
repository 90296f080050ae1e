"""One file a format of bills: how it is known, and what its lines mean."""

"""Rules over the data: what of it may be stored, how long it is kept, and who may read it."""

"""One file a provider: what its answers say. Who speaks a language of others is read where that language is."""

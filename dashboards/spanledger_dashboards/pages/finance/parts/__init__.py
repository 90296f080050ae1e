"""What finance's pages are made of."""

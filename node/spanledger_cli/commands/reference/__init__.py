"""Commands on reference data: prices, energy, the grid, commitments, tenant rules."""

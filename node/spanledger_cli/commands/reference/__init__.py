"""Commands on reference data: prices, energy, the grid, plans, tenants and their rules."""

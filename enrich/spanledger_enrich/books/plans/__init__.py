"""What tenants pay: price plans, rate cards, and the amounts of a statement by them."""

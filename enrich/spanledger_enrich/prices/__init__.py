"""Price books: list and contract prices, and which model a reported name means."""

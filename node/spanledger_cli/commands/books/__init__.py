"""Commands on the books: shared costs, and figures that change after the fact."""

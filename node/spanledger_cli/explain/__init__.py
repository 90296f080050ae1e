"""How one call's figures came about, as arithmetic that can be checked by hand."""

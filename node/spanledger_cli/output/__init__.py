"""How commands print: tables, exports, progress, and what a figure leaves out."""

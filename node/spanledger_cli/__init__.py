"""The command line: one typer application, and how it talks to a terminal."""

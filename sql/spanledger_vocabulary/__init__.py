"""What the project knows of providers and attributes, as reviewed rows: see README.md beside this file."""

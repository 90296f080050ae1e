"""Files that users import, and the reviewed reference data that comes with this package."""

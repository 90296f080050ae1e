"""Commands on energy and emissions."""

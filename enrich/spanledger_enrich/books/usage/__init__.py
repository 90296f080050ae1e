"""Usage that providers and gateways counted, from their own reports and exports."""

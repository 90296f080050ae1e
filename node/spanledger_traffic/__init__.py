"""Traffic for the demo and `spanledger replay`: public request traces, as calls of made-up tenants."""

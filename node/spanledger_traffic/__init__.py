"""Traffic for the demo and the benchmarks: public request traces, as calls of made-up tenants."""

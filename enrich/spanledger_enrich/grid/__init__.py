"""The grid: zones, hourly and yearly carbon intensity, water, and contracts on power."""

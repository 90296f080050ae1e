"""What a reader narrows pages to: period and dimensions, the address that holds them, the sidebar that asks."""

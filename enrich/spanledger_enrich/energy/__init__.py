"""Energy models: what a token of each model draws, by published methods, proxies and the user's own figures."""

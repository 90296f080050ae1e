"""Bars, lines and bands, and the colours they are drawn in."""

"""Prices of one step of a price entry, as the stages hold them."""

_CLASSES = (
    "input", "input_audio", "cache_read", "cache_write", "cache_write_1h", "output", "output_audio", "reasoning",
    "search", "request", "input_image", "output_image", "cache_read_audio", "cache_read_image", "input_video",
)  # fmt: skip


def step(**prices: float) -> dict[str, float]:
    """The prices of all classes, 0 where not given."""
    return {name: prices.get(name, 0) for name in _CLASSES}

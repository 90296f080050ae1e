"""Headline figures side by side, each with what it means beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanledger_dashboards.drawing.style import metric_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

# Label, figure, what is to be known with it, and, where that is not enough, how it comes about.
Card = tuple[str, str, str] | tuple[str, str, str, str]


def headline(cards: Sequence[Card], key: str = "") -> None:
    """Draw a card for each; ``key`` tells further ones of a page apart. Names of the ledger must stand in none."""
    for place, (label, value, context, *more) in zip(metric_columns(len(cards), key), cards, strict=True):
        place.metric(
            label,
            value,
            context,
            delta_color="off",
            delta_arrow="off",
            help=more[0] if more else None,
            border=True,
            height="stretch",
        )

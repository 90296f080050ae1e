"""The colours: told apart by colour-blind readers (after Okabe and Ito), legible on light and on dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

UNATTRIBUTED = "(unattributed)"
ALL_OTHERS = "(all others)"
UNKNOWN = "unknown"

SERIES = ("#1f7bbf", "#e69f00", "#129a74", "#c977a6", "#62b8ea", "#d5602a")
MONEY = "#1f7bbf"
CARBON = "#129a74"
INTENSITY = "#d5602a"
GAP = "#8a929c"
OTHERS = "#b9a98f"


def series_colours(names: Sequence[str]) -> dict[str, str]:
    """A colour for each name, in order; a gap is grey, the others together sand."""
    colours = iter(SERIES * (len(names) // len(SERIES) + 1))
    fixed = {UNATTRIBUTED: GAP, UNKNOWN: GAP, ALL_OTHERS: OTHERS}
    return {name: fixed.get(name) or next(colours) for name in names}

"""The colours: told apart by colour-blind readers, and at 3:1 against the light and the dark background.

Found by search over all pairs, as most people, deuteranopes and protanopes see them: any two differ by 11 or more
(CIEDE2000).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

UNATTRIBUTED = "(unattributed)"
ALL_OTHERS = "(all others)"
IDLE = "(idle)"
UNKNOWN = "unknown"

SERIES = ("#1177bb", "#995500", "#227755", "#bb2288", "#1199ee", "#dd2266")
MONEY = "#1177bb"
CARBON = "#227755"
INTENSITY = "#995500"
# Of steps: what makes a cost higher, and lower.
MORE = "#bb2288"
LESS = "#1199ee"
GAP = "#888888"
OTHERS = "#bb8844"
# Of lines, which are told apart without their colours, too: what is drawn and what is left out, by turns, in pixels.
DASHES = ((1, 0), (6, 3), (2, 2), (10, 3), (8, 3, 2, 3), (12, 4, 4, 4))


def series_colours(names: Sequence[str]) -> dict[str, str]:
    """A colour for each name, in order; a gap and what was idle are grey, the others together sand."""
    colours = iter(SERIES * (len(names) // len(SERIES) + 1))
    fixed = {UNATTRIBUTED: GAP, UNKNOWN: GAP, IDLE: GAP, ALL_OTHERS: OTHERS}
    return {name: fixed.get(name) or next(colours) for name in names}


def dashes(names: Sequence[str]) -> list[tuple[int, ...]]:
    """How the line of each name is dashed, in order."""
    return [DASHES[place % len(DASHES)] for place in range(len(names))]


def pale(colour: str) -> str:
    """The style of what may be, beside what is: its edge is what contrasts, the pale inside alone would not."""
    return f"border:1px solid {colour};background-color:color-mix(in srgb, {colour} 38%, transparent)"


def is_gap(name: str) -> bool:
    """Whether a name stands for what nobody named, or nobody used; one of a tenant or model never does."""
    return name in {UNATTRIBUTED, UNKNOWN, IDLE} or (name.startswith(("(unknown ", "(no ")) and name.endswith(")"))

"""Names from the ledger as HTML takes them: as text, that reads in its own direction and turns nothing beside it."""

from __future__ import annotations

import html
import re

# Unicode's characters that turn the direction of what follows, beyond the name that holds one.
_TURNING = re.compile(r"[\u202a-\u202e\u2066-\u2069]")


def escape(text: str) -> str:
    """The text with nothing in it that is read as HTML; in place of a character that turns what follows stands �.

    A name that is blank is seen: each space of it as ␣.
    """
    return html.escape("\N{OPEN BOX}" * len(text) if text.isspace() else unturned(text))


def unturned(text: str) -> str:
    """The text with � in place of a character that turns the direction of what follows."""
    return _TURNING.sub("\N{REPLACEMENT CHARACTER}", text)

"""Names from the ledger as HTML takes them: as text, that reads in its own direction and turns nothing beside it."""

from __future__ import annotations

import html
import re
import unicodedata
from itertools import zip_longest

# Unicode's characters that turn the direction of what follows, beyond the name that holds one; and those that are not
# seen, with which one name passes for another. Within a word of Arabic, or an emoji, a joiner is no trick.
_TURNING = "\u202a-\u202e\u2066-\u2069"
_UNSEEN = "\u00ad\u180e\u200b\u2060-\u2064\ufeff"
_TRICKS = re.compile(
    rf"[{_TURNING}{_UNSEEN}\ufdd0\ufdd1]|(?<=[\x00-\x7f])[\u200c-\u200f]|[\u200c-\u200f](?=[\x00-\x7f])"
)
# What `isolated` puts around a name until `escape` has seen that it holds no trick: no text has these.
_BEGINS, _ENDS = "\ufdd0", "\ufdd1"
_ISOLATED = re.compile(f"{_BEGINS}([^{_BEGINS}{_ENDS}]*){_ENDS}")
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"
# Unicode's classes of Hebrew's and Arabic's letters and digits.
_FROM_THE_RIGHT = {"R", "AL", "AN"}


def escape(text: str) -> str:
    """The text with nothing in it that is read as HTML; in place of a character that turns what follows stands �.

    So it does for one that is not seen. A name that is blank is seen: each space of it as ␣.
    """
    parts = _ISOLATED.split(text)
    if len(parts) == 1:
        return _escaped(text)
    rest, names = parts[::2], [_in_its_direction(_escaped(name)) for name in parts[1::2]]
    return "".join(html.escape(unturned(said)) + name for said, name in zip_longest(rest, names, fillvalue=""))


def _escaped(name: str) -> str:
    return html.escape("\N{OPEN BOX}" * len(name) if name.isspace() else unturned(name))


def _in_its_direction(name: str) -> str:
    """What is written from the right apart from what is beside it; other names stay as they are, to be copied, too."""
    if any(unicodedata.bidirectional(character) in _FROM_THE_RIGHT for character in name):
        return f"{_FIRST_STRONG_ISOLATE}{name}{_POP_ISOLATE}"
    return name


def isolated(name: str) -> str:
    """A name within a sentence for `escape`: one that is written from the right moves none of the figures beside it."""
    return f"{_BEGINS}{unturned(name)}{_ENDS}"


def unisolated(text: str) -> str:
    """The text without what `isolated` put around the names in it."""
    return _ISOLATED.sub(r"\1", text)


def unturned(text: str) -> str:
    """The text with � in place of a character that turns the direction of what follows, or that is not seen."""
    return _TRICKS.sub("\N{REPLACEMENT CHARACTER}", text)

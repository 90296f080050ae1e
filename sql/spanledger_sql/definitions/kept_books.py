"""Passages of a query about books that need not be kept: commitments, other charges and bills, price plans.

The engine pays for the plan of a passage whether its tables have a row or not, mostly more than for all calls of a
month. Such a passage stands between two lines that are comments to the engine, so that the file can be asked as it is:

    -- <commitments>
    UNION ALL
    SELECT ...
    -- </commitments>
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container

# What a passage that `sums_alone` leaves out is about, and no book is.
BY_CALL: Final = "by_call"
_BEGIN: Final = re.compile(r"^ *-- <(\w+)>$", re.MULTILINE)
_PASSAGE: Final = re.compile(r"^ *-- <(\w+)>\n.*?^ *-- </\1>\n", re.MULTILINE | re.DOTALL)


def named_in(text: str) -> set[str]:
    """The books that passages of a query are about."""
    return set(_BEGIN.findall(text)) - {BY_CALL}


def without(text: str, books: Container[str]) -> str:
    """The query without its passages about ``books``."""
    return _PASSAGE.sub(lambda found: "" if found[1] in books else found[0], text)

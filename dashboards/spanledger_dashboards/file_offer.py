"""Files that a page offers, each for the person alone to whom it is offered.

Streamlit gives a file to whoever knows its address. So its media type says whose it is, by a fingerprint that the gate
compares with who asks and takes off; a type with a parameter is a type that Streamlit keeps as it is.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards import viewer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MARK = "; offered-to="
# What tells a person from others: the provider, and its name for him there.
_WHO = ("iss", "sub", "email")


def offer(label: str, make: Callable[[], bytes], name: str, media_type: str, *, key: str, told: str = "") -> None:
    """Draw a button that gives a file, made when it is pressed.

    Args:
        label: On the button.
        make: Gives the bytes, in a thread in which no page is drawn.
        name: Of the file.
        media_type: Of the file, such as ``text/csv``.
        key: Tells the page's buttons apart.
        told: What it is, in more words.
    """
    st.download_button(
        label,
        make,
        file_name=name,
        mime=media_type + (_MARK + _fingerprint(st.user.to_dict()) if viewer.has_login() else ""),
        icon=":material/download:",
        help=told or None,
        on_click="ignore",
        key=key,
    )


def offered_to(claims: Mapping[str, Any], media_type: str) -> str | None:
    """The media type without what says whose the file is; None: it was not offered to the person of these claims."""
    plain, _, rest = media_type.partition(_MARK)
    whose, parted, other = rest.partition(";")
    return plain + parted + other if whose == _fingerprint(claims) else None


def _fingerprint(claims: Mapping[str, Any]) -> str:
    who = json.dumps([claims.get(name) for name in _WHO], default=str)
    return hashlib.sha256(who.encode()).hexdigest()

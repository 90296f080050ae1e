"""What a reader chooses on one page alone: in its address, like the filters; what there is not is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from spanledger_dashboards.address import AddressError, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping


def choice(label: str, options: Mapping[str, str], *, key: str, help: str = "", width: int = 260) -> str:  # noqa: A002
    """Draw a choice and give what is chosen; the first option is chosen at first.

    Args:
        label: What is chosen.
        options: What may be chosen, as addresses have it, and for people.
        key: Its name in the address.
        help: What the choice means.
        width: Of the field, pixels.

    Raises:
        AddressError: The address asks for what there is not.
    """
    asked = st.query_params.get(key)
    if asked is not None and asked not in options:
        raise AddressError(f"{label.lower()} {quoted(asked)} is unknown; expected one of {', '.join(options)}")
    names = list(options)
    # The address is read once; then the widget is what was chosen.
    if key not in st.session_state:
        st.session_state[key] = asked if asked is not None else names[0]
    chosen: str = st.selectbox(
        label, names, key=key, format_func=lambda name: options.get(name, name), help=help or None, width=width
    )
    if chosen == names[0]:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = chosen
    return chosen

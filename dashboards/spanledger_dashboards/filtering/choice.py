"""What a reader chooses or writes on one page alone: in its address, like the filters; what there is not is told."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

import streamlit as st

from spanledger_dashboards.filtering.address import AddressError, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

# Of more options than these a message names the nearest.
_NAMED_AT_MOST: Final = 15
_NEAR_ONES: Final = 5


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
    first = next(iter(options))
    if (asked := _from_address(key, first)) not in options:
        raise AddressError(f"{label.lower()} {quoted(asked)} is unknown; {_expected(asked, options)}")
    chosen: str = st.selectbox(
        label,
        list(options),
        key=key,
        format_func=lambda name: options.get(name, name),
        help=help or None,
        width=width,
    )
    _into_address(key, chosen, first)
    return chosen


def _expected(asked: str, options: Mapping[str, str]) -> str:
    """What an address may say, for a message: of many the nearest; of '' an address says nothing."""
    names = [name for name in options if name]
    if len(names) <= _NAMED_AT_MOST:
        return f"expected one of {', '.join(names)}" if names else "there is none to choose yet"
    near = difflib.get_close_matches(asked, names, _NEAR_ONES, 0.5) or names[:_NEAR_ONES]
    return f"expected one of {', '.join(near)} and {len(names) - len(near)} more"


def written(label: str, *, key: str, placeholder: str, width: int = 380) -> str:
    """Draw a field to write in, and give what is written, '' at first.

    Args:
        label: What is written.
        key: Its name in the address.
        placeholder: What may be written.
        width: Of the field, pixels.
    """
    _from_address(key, "")
    text: str = st.text_input(label, key=key, placeholder=placeholder, icon=":material/search:", width=width).strip()
    _into_address(key, text, "")
    return text


def number(label: str, *, key: str, step: int, help: str = "", width: int = 260) -> int:  # noqa: A002
    """Draw a field for a whole number, and give it, 0 at first.

    Args:
        label: What it counts.
        key: Its name in the address.
        step: By which its buttons change it.
        help: What it means.
        width: Of the field, pixels.

    Raises:
        AddressError: The address has another thing there.
    """
    asked = st.query_params.get(key, "0")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 16):
        raise AddressError(f"{label.lower()} {quoted(asked)} is no whole number; expected such as 200000")
    if _is_elsewhere(key, asked):
        st.session_state[key] = int(asked)
    chosen = int(st.number_input(label, min_value=0, step=step, key=key, help=help or None, width=width))
    _into_address(key, str(chosen), "0")
    return chosen


def _from_address(key: str, first: str) -> str:
    """What the address says; the field shows it where something else than the field changed it: a link, or back."""
    asked = st.query_params.get(key, first)
    if _is_elsewhere(key, asked):
        st.session_state[key] = asked
    return asked


def _is_elsewhere(key: str, asked: str) -> bool:
    return key not in st.session_state or st.session_state.get(f"{key} in the address") != asked


def _into_address(key: str, chosen: str, first: str) -> None:
    if chosen == first:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != chosen:
        st.query_params[key] = chosen
    st.session_state[f"{key} in the address"] = chosen

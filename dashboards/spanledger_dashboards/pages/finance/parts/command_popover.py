"""The command that prints the same, of figures that no query alone gives."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Sequence


def command_popover(words: Sequence[str]) -> None:
    """Draw it, folded; ``words`` are those after `spanledger`."""
    with st.popover("Command", icon=":material/terminal:", type="tertiary"):
        st.markdown("**The command that prints the same**")
        st.code(shlex.join(["spanledger", *words]), language="shell", wrap_lines=True)

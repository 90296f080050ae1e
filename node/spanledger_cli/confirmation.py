"""Asks before something that is probably not meant."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from spanledger_cli.output.terminal import console
from spanledger_settings.mendable import MendableError

if TYPE_CHECKING:
    from collections.abc import Sequence

Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking where something is probably not meant.")]


class NotConfirmedError(MendableError):
    """Something that is probably not meant, and nobody said that it is."""


def confirm(doubts: Sequence[str], *, yes: bool) -> None:
    """Tell each doubt, and ask whether to go on; without a terminal to ask on, only ``--yes`` says so.

    Raises:
        NotConfirmedError: It is not meant.
    """
    if not doubts:
        return
    for doubt in doubts:
        console(stderr=True).print(doubt, style="yellow", soft_wrap=True)
    if yes:
        return
    if not sys.stdin.isatty():
        raise NotConfirmedError("nothing was done; if it is meant, say so with --yes")
    if not typer.confirm("Is it meant?", err=True):
        raise NotConfirmedError("nothing was done")

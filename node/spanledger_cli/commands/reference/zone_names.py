"""What ``--zone`` says: a zone, or the name that a file or source has for it and the zone that it means here."""

from __future__ import annotations

import typer


def zone_pair(text: str) -> tuple[str, str]:
    """The name there and the zone here: DE is both, CAISO_NORTH=US-CAL-CISO names each.

    Raises:
        typer.BadParameter: A side is empty.
    """
    there, given, here = text.partition("=")
    if not there or (given and not here):
        raise typer.BadParameter(
            f"{text!r}: expected a zone such as DE, or two as in CAISO_NORTH=US-CAL-CISO", param_hint="--zone"
        )
    return there, here or there

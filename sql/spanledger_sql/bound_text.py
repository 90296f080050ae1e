"""A statement with its parameters put in as literals: for people to copy, never to run from here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_PARAMETER = re.compile(r"\{(\w+):([^{}]+)\}")


def bound_text(text: str, parameters: Mapping[str, object]) -> str:
    """The statement as it runs in any client; a parameter that is not given stays as it is."""

    def put_in(found: re.Match[str]) -> str:
        name, kind = found[1], found[2]
        if name not in parameters:
            return found[0]
        return f"CAST({_literal(parameters[name])}, {_literal(kind)})"

    return _PARAMETER.sub(put_in, text)


def _literal(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_literal(one) for one in value)}]"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"

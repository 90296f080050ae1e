"""Parts that several statements and views share: the files below `parts/`, which stand in a text where it names them.

Views cannot share a function, so a rule that a statement and a view follow is a text that both include.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Final

PLACEHOLDER: Final = re.compile(r"\{\{(\w+)\}\}")


_PACKAGE: Final = Path(__file__).parent.parent


def statement(name: str) -> str:
    """Text of the ``.sql`` file ``name``, a path below this package without suffix, with the parts it includes."""
    return with_parts((_PACKAGE / f"{name}.sql").read_text(encoding="utf-8"))


def with_parts(text: str) -> str:
    """The text with the file `NAME.sql` of `parts/`, without its header comment, for each ``{{NAME}}`` that has one.

    Parts may include others.
    """
    if "{{" not in text:
        return text
    return PLACEHOLDER.sub(lambda found: _part(found[1]) or found[0], text)


def _part(name: str) -> str | None:
    file = _files().get(name)
    if file is None:
        return None
    return with_parts(re.sub(r"\A(?:--.*\n)+", "", file.read_text(encoding="utf-8")).strip())


@functools.cache
def _files() -> dict[str, Path]:
    return {file.stem: file for file in (_PACKAGE / "parts").rglob("*.sql")}

"""Parts that several statements and views share: files of `parts/`, which stand in a text where it names them.

Views cannot share a function, so a rule that a statement and a view follow is a text that both include.
"""

from __future__ import annotations

import importlib.resources
import re
from typing import Final

PLACEHOLDER: Final = re.compile(r"\{\{(\w+)\}\}")


def with_parts(text: str) -> str:
    """The text with the file `parts/NAME.sql`, without its header comment, for each ``{{NAME}}`` that has one."""
    if "{{" not in text:
        return text
    return PLACEHOLDER.sub(lambda found: _part(found[1]) or found[0], text)


def _part(name: str) -> str | None:
    file = importlib.resources.files(__package__) / "parts" / f"{name}.sql"
    return re.sub(r"\A(?:--.*\n)+", "", file.read_text(encoding="utf-8")).strip() if file.is_file() else None

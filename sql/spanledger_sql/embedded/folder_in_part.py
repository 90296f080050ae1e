"""An embedded database of which only some tables and views are open: as much as is asked of it.

The engine reads the text of every table and view of its folder, and looks at the parts of every table, before it gives
its first answer: twice as long as most answers take. A command that only reads opens another folder beside, in which
stand only the tables and views that it asks for, with links to where their rows lie.
"""

from __future__ import annotations

import fcntl
import os
import re
import uuid
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_COMMENT: Final = re.compile(r"--[^\n]*")
_NAMED: Final = re.compile(r"\b(?:FROM|JOIN|IN|TABLE)\s+\(?\s*(?:\w+\.)?`?(\w+)", re.IGNORECASE)
_OF_ALL: Final = re.compile(r"\b(?:system|information_schema)\s*\.|^\s*(?:SHOW|EXISTS)\b", re.IGNORECASE)
_HEAD: Final = re.compile(r"ATTACH ((?:MATERIALIZED )?VIEW|TABLE) _ UUID '(\w{3}[-\w]+)'(\s*\()?")


class FolderInPart:
    """A folder that the engine can open in the place of ``whole``, whose files it reads and links to.

    Nobody may write through it: views that fill tables are not in it.
    """

    def __init__(self, whole: Path, path: Path, status: int) -> None:
        self.path = path
        """The folder for the engine."""
        self._whole = whole
        self._status = status
        self._open: set[str] = set()

    @classmethod
    def of(cls, whole: Path, path: Path, statements: Iterable[str]) -> Self | None:
        """A folder ``path`` with what the statements ask for; None where the whole one is not as this expects.

        It is locked as the engine locks a folder: no other engine opens it meanwhile.
        """
        if not (whole / "metadata" / "default").is_dir():
            return None
        status = os.open(whole / "status", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(status, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(status)
            return None
        made = cls(whole, path, status)
        database = str(uuid.uuid4())
        texts = path / "store" / database[:3] / database
        texts.mkdir(mode=0o700, parents=True)
        (path / "metadata").mkdir(mode=0o700)
        (path / "metadata" / "default").symlink_to(texts)
        for name, text in made._lacking(statements).items():
            (texts / f"{name}.sql").write_text(text, encoding="utf-8")
        return made

    def is_too_little_for(self, statement: str) -> bool:
        """Whether a query is of what tables there are, not of some by name."""
        return bool(_OF_ALL.search(_COMMENT.sub("", statement)))

    def attaching(self, statement: str, values: Iterable[object] = ()) -> list[str]:
        """Statements after which the engine knows all that a statement asks for.

        Args:
            statement: Text of a query.
            values: Of its parameters: some are names of tables.
        """
        names = [f"TABLE {value}" for value in values if isinstance(value, str) and value.isidentifier()]
        return [_attaching(name, text) for name, text in self._lacking([statement, *names]).items()]

    def close(self) -> None:
        """Give the whole folder back."""
        (self._whole / "status").unlink(missing_ok=True)
        os.close(self._status)

    def _lacking(self, statements: Iterable[str]) -> dict[str, str]:
        """The stored texts of what statements name, and of what these name, that is not open yet; now it is linked."""
        found: dict[str, str] = {}
        waiting = [name for statement in statements for name in _named(statement)]
        while waiting:
            name = waiting.pop()
            file = self._whole / "metadata" / "default" / f"{name}.sql"
            if name in self._open or not file.is_file():
                continue
            self._open.add(name)
            found[name] = text = file.read_text(encoding="utf-8")
            head = _HEAD.match(text)
            if head is None:
                continue
            if head[1] == "TABLE":
                self._link(head[2])
            else:
                waiting += _named(text)
        return found

    def _link(self, table: str) -> None:
        rows = self._whole / "store" / table[:3] / table
        if rows.is_dir():
            link = self.path / "store" / table[:3] / table
            link.parent.mkdir(mode=0o700, exist_ok=True)
            link.symlink_to(rows.resolve())


def _named(statement: str) -> list[str]:
    """Names that may be of tables or views."""
    return _NAMED.findall(_COMMENT.sub("", statement))


def _attaching(name: str, stored: str) -> str:
    """The statement that does what the engine does with a stored text when it starts."""
    head = _HEAD.match(stored)
    if head is not None and head[1] == "VIEW" and head[3] is None:
        # Its columns follow from its parameters. Of one with settings at its end the engine takes ATTACH for another
        # statement.
        return f"CREATE VIEW `{name}`{stored[head.end() :]}"
    return stored.replace(" _ ", f" `{name}` ", 1)

"""Stores of tests and of modules, on one data folder whose engine runs on from test to test.

To start an engine on a new copy takes longer than most tests do. What a test put into tables is taken out again, and
what it changed of reference data is put back; where it changed definitions, the next test gets a new copy.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness import data_folder

_FILLED = """
SELECT table, toString(groupBitXor(cityHash64(name))) FROM system.parts WHERE active AND database = 'default'
GROUP BY table
UNION ALL
SELECT name, toString(total_rows) FROM system.tables WHERE engine = 'Memory' AND database = 'default' AND total_rows > 0
"""
_PARTS = "SELECT table, name, path FROM system.parts WHERE active AND database = 'default' ORDER BY path"
_PATHS = "SELECT name, data_paths[1] FROM system.tables WHERE database = 'default' AND notEmpty(data_paths)"


class _Lent:
    """A folder as it was prepared, and its engine."""

    def __init__(self, kind: data_folder.Kind) -> None:
        self.kind = kind
        self._end = contextlib.ExitStack()
        self.folder = Path(self._end.enter_context(tempfile.TemporaryDirectory(prefix="spanledger-lent-")))
        self._engine = self._end.enter_context(data_folder.engine_kept(data_folder.copy(kind, self.folder)))
        self._defined, self._filled = self._definitions(), self._contents()
        self._kept = self.folder / "kept"
        self.keep(self._kept)
        self.users = 0

    def is_as_it_was(self) -> bool:
        """Take out what tests put in, and put back what tables held; whether that leaves the folder as it was."""
        changed = {name for name, _ in set(self._contents().items()) ^ set(self._filled.items())}
        if self._definitions() != self._defined:
            return False
        for table in changed:
            self._engine.query(f"TRUNCATE TABLE `{table}`")
        if back := changed & set(self._filled):
            self.put(self._kept, back)
            self._filled = self._contents()
        return True

    def keep(self, folder: Path) -> None:
        """Keep the rows of all tables in a folder that `put` takes them from, by the engine's files: none changes."""
        for table, part, path in self._rows(_PARTS):
            shutil.copytree(path, folder / table / part, copy_function=os.link)

    def put(self, folder: Path, tables: set[str] | None = None) -> None:
        """Put the rows that `keep` kept into their tables, or into these of them; no view sees them pass."""
        for table, path in self._rows(_PATHS):
            if (tables is None or table in tables) and (folder / table).exists():
                parts = sorted(part.name for part in (folder / table).iterdir())
                for part in parts:
                    shutil.copytree(folder / table / part, Path(path) / "detached" / part)
                attached = ", ".join(f"ATTACH PART '{part}'" for part in parts)
                self._engine.query(f"ALTER TABLE `{table}` {attached}")

    def end(self) -> None:
        self._end.close()

    def _contents(self) -> dict[str, str]:
        """What each table that is not empty holds."""
        return dict(self._rows(_FILLED))

    def _rows(self, query: str) -> list[Any]:
        return [line.split("\t") for line in str(self._engine.query(query, "TSV")).splitlines()]

    def _definitions(self) -> list[tuple[str, int]]:
        """The files that define databases, tables and views: each change writes one anew."""
        stated = self.folder / "clickhouse" / "metadata"
        return sorted(
            (str(file), file.stat().st_mtime_ns) for form in ("*.sql", "*/*.sql") for file in stated.glob(form)
        )


_lent: _Lent | None = None


@contextlib.contextmanager
def at(folder: Path, kind: data_folder.Kind) -> Iterator[None]:
    """A data folder of that kind, whose database is the one whose engine runs."""
    global _lent  # noqa: PLW0603 (a process has one engine)
    if _lent is None or _lent.kind != kind:
        assert _lent is None or not _lent.users, "a module's ledger is open: a process has one engine"
        call_in()
        _lent = _Lent(kind)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "clickhouse").symlink_to(_lent.folder / "clickhouse")
    _lent.users += 1
    try:
        yield
    finally:
        _lent.users -= 1
        if not _lent.is_as_it_was():
            call_in()


def keep(folder: Path) -> None:
    """Keep the rows of the database that is lent in a folder."""
    assert _lent is not None
    _lent.keep(folder)


def put(folder: Path) -> None:
    """Put the rows that `keep` kept there into the database that is lent now."""
    assert _lent is not None
    _lent.put(folder)


def call_in() -> None:
    """End the engine that runs on, if one does and nobody uses it: the process is about to open another folder."""
    global _lent  # noqa: PLW0603
    if _lent is not None and not _lent.users:
        _lent.end()
        _lent = None

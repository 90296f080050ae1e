"""Stores of single tests, on one data folder whose engine runs on from test to test.

To start an engine on a new copy takes longer than most tests do. What a test put into tables is taken out again; where
it changed more than that, the next test gets a new copy.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness import data_folder

_FILLED = """
SELECT table, toString(groupBitXor(cityHash64(name))) FROM system.parts WHERE active AND database = 'default'
GROUP BY table
UNION ALL
SELECT name, toString(total_rows) FROM system.tables WHERE engine = 'Memory' AND database = 'default' AND total_rows > 0
"""


class _Lent:
    """A folder as it was prepared, and its engine."""

    def __init__(self, kind: data_folder.Kind) -> None:
        self.kind = kind
        self._end = contextlib.ExitStack()
        self.folder = Path(self._end.enter_context(tempfile.TemporaryDirectory(prefix="spanledger-lent-")))
        self._engine = self._end.enter_context(data_folder.engine_kept(data_folder.copy(kind, self.folder)))
        self._defined, self._filled = self._definitions(), self._contents()

    def is_as_it_was(self) -> bool:
        """Take out what is in tables that were empty; whether that leaves the folder as it was."""
        changed = {name for name, _ in set(self._contents().items()) ^ set(self._filled.items())}
        if changed & set(self._filled) or self._definitions() != self._defined:
            return False
        for table in changed:
            self._engine.query(f"TRUNCATE TABLE `{table}`")
        return True

    def end(self) -> None:
        self._end.close()

    def _contents(self) -> dict[str, str]:
        """What each table that is not empty holds."""
        lines = str(self._engine.query(_FILLED, "TSV")).splitlines()
        return dict(line.split("\t") for line in lines)  # type: ignore[misc]

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
        call_in()
        _lent = _Lent(kind)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "clickhouse").symlink_to(_lent.folder / "clickhouse")
    try:
        yield
    finally:
        if _lent is not None and not _lent.is_as_it_was():
            call_in()


def call_in() -> None:
    """End the engine that runs on, if one does: the process is about to open another folder."""
    global _lent  # noqa: PLW0603
    if _lent is not None:
        _lent.end()
        _lent = None

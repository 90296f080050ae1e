"""The table `migration`: which files of the schema were applied to a database, and how much of each."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

from spanledger_sql.definitions.schema_file import MigrationError
from spanledger_sql.store import StoreError, statement

if TYPE_CHECKING:
    from spanledger_sql.definitions.schema_file import SchemaFile
    from spanledger_sql.store import Store

# What the log calls the rows of the vocabulary, which come anew with each change of their files.
VOCABULARY = "vocabulary"

_UNKNOWN_TABLE = 60
_DEVELOPMENT = (
    "the database has tables of a version of spanledger from before its first release, which are made otherwise; they "
    "cannot be upgraded: use another data folder (--data-dir) or database, or remove this one, and bring its calls in "
    "again with 'spanledger ingest' where their requests were kept"
)


@dataclass(frozen=True)
class Applied:
    """How much of a file is applied: its first ``statements`` statements, and whether that is all of them."""

    name: str
    checksum: str
    statements: int
    finished: bool
    step: int


class MigrationLog:
    """What was applied so far, and a pen to note what is applied now."""

    def __init__(self, store: Store, applied: dict[str, Applied]) -> None:
        self._store = store
        self._applied = applied

    @classmethod
    def read(cls, store: Store) -> Self:
        """The log of a database; empty where there is none.

        Raises:
            MigrationError: The tables were made by a version from before the first release.
        """
        try:
            rows = store.rows("SELECT * FROM migration FINAL")
        except StoreError as error:
            if error.code != _UNKNOWN_TABLE:
                raise
            return cls(store, {})
        if any("statements" not in row for row in rows):
            raise MigrationError(_DEVELOPMENT)
        return cls(
            store,
            {
                row["name"]: Applied(
                    row["name"], row["checksum"], row["statements"], bool(row["finished"]), row["step"]
                )
                for row in rows
            },
        )

    @classmethod
    def begin(cls, store: Store) -> Self:
        """The log of a database, which gets one where it has none."""
        log = cls.read(store)
        store.execute(statement("schema/migration"))
        return log

    def finished(self, file: SchemaFile, checksum: str) -> bool:
        """Whether all of a file was applied as it is now."""
        applied = self._applied.get(file.name)
        return applied is not None and applied.checksum == checksum and applied.finished

    def knows(self, file: SchemaFile) -> bool:
        """Whether a file was begun, as it is now or otherwise."""
        return file.name in self._applied

    def resumes_at(self, file: SchemaFile, checksum: str) -> int:
        """How many of the file's statements need not run again."""
        applied = self._applied.get(file.name)
        return applied.statements if applied is not None and applied.checksum == checksum else 0

    def note(self, file: SchemaFile, checksum: str, statements: int) -> None:
        """Note that the first ``statements`` statements of a file are applied."""
        before = self._applied.get(file.name)
        now = Applied(
            file.name, checksum, statements, statements == len(file.statements), before.step + 1 if before else 1
        )
        self._store.execute(
            statement("lookups/progress/note_migration"), {**asdict(now), "finished": int(now.finished)}
        )
        self._applied[file.name] = now

    def refuse_what_does_not_fit(self, known: list[SchemaFile]) -> None:
        """Refuse a database whose tables these files do not make.

        Raises:
            MigrationError: An applied file was changed, or the database is from a newer version.
        """
        files = {file.name: file for file in known}
        for applied in self._applied.values():
            if applied.name == VOCABULARY or applied.name.startswith("views/"):
                continue
            if applied.name not in files:
                raise MigrationError(
                    f"the database has {applied.name}, which this version of spanledger does not know: it was made by "
                    "a newer version; upgrade spanledger, or use another data folder or database"
                )
            checksum = files[applied.name].checksum
            if applied.checksum != checksum:
                raise MigrationError(
                    f"{applied.name}.sql was changed after it was applied to this database (its checksum was "
                    f"{applied.checksum[:12]}, now it is {checksum[:12]}); restore the file, and put the change into a "
                    "new file of schema/changes"
                )

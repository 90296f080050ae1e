"""The schema: numbered migrations, applied once and never edited, and views, made anew when their text changes."""

from __future__ import annotations

import hashlib
import importlib.resources
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spanledger_sql.store import StoreError

if TYPE_CHECKING:
    from spanledger_sql.store import Store

# A view that others select from comes before them.
_VIEW_ORDER = (
    "ingest/otel_traces_from_otlp",
    "ingest/otlp_requests_from_json",
    "ingest/llm_spans_from_otel_traces",
    "ingest/span_parent_from_otel_traces",
    "read/llm_span_key",
    "read/facility",
    "read/energy_share",
    "read/energy",
    "read/price_entry",
    "read/contract_price",
    "read/calls",
    "read/energy_by_method",
    "read/covered_call",
    "read/allocated_cost",
)


class MigrationError(StoreError):
    """The database's schema and this version's migrations do not fit together."""


@dataclass(frozen=True)
class Migration:
    """One file of the schema: ``name`` sorts in the order of application, ``checksum`` is its SHA-256."""

    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file's text, in hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def statements(self) -> list[str]:
        """The file's statements, without comments."""
        code = re.sub(r"^\s*--.*$", "", self.text, flags=re.MULTILINE)
        return [part.strip() for part in re.split(r";\s*$", code, flags=re.MULTILINE) if part.strip()]


def migrate(store: Store) -> list[str]:
    """Bring the database up to this version's schema; gives the names of the files applied now.

    Raises:
        MigrationError: An applied migration was changed, or the database is from a newer version.
    """
    store.execute(
        "CREATE TABLE IF NOT EXISTS migration (name String, checksum String, applied_at DateTime64(6, 'UTC') "
        "DEFAULT now64(6, 'UTC')) ENGINE = ReplacingMergeTree(applied_at) ORDER BY name"
    )
    applied = {row["name"]: row["checksum"] for row in store.rows("SELECT name, checksum FROM migration FINAL")}
    known = _tables()
    _refuse_what_does_not_fit(applied, known)
    done = []
    for migration in known:
        if migration.name not in applied:
            _apply(store, migration)
            done.append(migration.name)
    for view in _views():
        if done or applied.get(view.name) != view.checksum:
            _apply(store, view)
            done.append(view.name)
    return done


def pending(store: Store) -> list[str]:
    """Names of the files that `migrate` would apply."""
    if not store.value("SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = 'migration'"):
        return [migration.name for migration in (*_tables(), *_views())]
    applied = {row["name"]: row["checksum"] for row in store.rows("SELECT name, checksum FROM migration FINAL")}
    _refuse_what_does_not_fit(applied, _tables())
    return [
        migration.name for migration in (*_tables(), *_views()) if applied.get(migration.name) != migration.checksum
    ]


def _refuse_what_does_not_fit(applied: dict[str, str], known: list[Migration]) -> None:
    checksums = {migration.name: migration.checksum for migration in known}
    for name, checksum in applied.items():
        if name.startswith("views/"):
            continue
        if name not in checksums:
            raise MigrationError(
                f"the database has migration {name}, which this version of spanledger does not know: it was made by "
                "a newer version; upgrade spanledger, or use another data folder or database"
            )
        if checksums[name] != checksum:
            raise MigrationError(
                f"migration {name} was changed after it was applied to this database (its checksum was "
                f"{checksum[:12]}, now it is {checksums[name][:12]}); restore the file, and put the change into a new "
                "migration"
            )


def _apply(store: Store, migration: Migration) -> None:
    for number, statement in enumerate(migration.statements, 1):
        try:
            store.execute(statement)
        except StoreError as error:
            raise MigrationError(f"migration {migration.name}, statement {number}: {error}") from error
    store.insert("migration", [{"name": migration.name, "checksum": migration.checksum}])


def _tables() -> list[Migration]:
    folder = importlib.resources.files(__package__) / "migrations"
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    return [Migration(entry.name.removesuffix(".sql"), entry.read_text(encoding="utf-8")) for entry in files]


def _views() -> list[Migration]:
    folder = importlib.resources.files(__package__) / "views"
    return [Migration(f"views/{name}", (folder / f"{name}.sql").read_text(encoding="utf-8")) for name in _VIEW_ORDER]

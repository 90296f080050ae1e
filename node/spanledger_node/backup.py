"""Backups of a data folder: taken while a node runs on it, sealed when they are whole, restored into an empty folder.

A backup is the database, written by the engine, the spool, and whatever else the folder holds, all as of one moment:
while it is written nothing else writes to the database, and what is acknowledged waits in the spool. Segments that were
being inserted bear in their names by what their rows are found: the restored node takes them back and inserts them.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tarfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from spanledger_settings.mendable import MendableError
from spanledger_sql.embedded.engine import UNFINISHED_RESTORE
from spanledger_sql.embedded.folder import FolderLock
from spanledger_sql.policy.contents import Contents, contents_from
from spanledger_sql.store import Store, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spanledger_settings.configuration import Configuration

_DATABASE, _OTHER, _SEAL = "database", "folder", "backup.json"
# Of a data folder, what a process makes for itself, and what is backed up by the engine.
_NOT_COPIED = {"clickhouse", "lock", "node.sock", "temporary", "node.log", UNFINISHED_RESTORE}
# The engine's BACKUP_ALREADY_EXISTS.
_NOT_OURS = 598
# Of a restored folder, what stays where it is, and the file that names all else once that begins to move.
_NEVER_MOVED, _MOVED = {"lock", "temporary"}, "moved.json"


class BackupError(MendableError):
    """A backup that cannot be made or restored; the message says why and what to do."""


@dataclass(frozen=True)
class Backup:
    """What a backup holds.

    Attributes:
        taken_at: When, ISO 8601, UTC.
        version: Of spanledger.
        rows: As of `Contents`.
        aging: As of `Contents`.
        sums: As of `Contents`.
        segments: Files of the spool: acknowledged requests that were not in the database yet.
    """

    taken_at: str
    version: str
    rows: dict[str, int]
    aging: list[str]
    sums: dict[str, Any]
    segments: int


def take(store: Store, configuration: Configuration, folder: Path) -> Backup:
    """Write a backup of an open, embedded store into an empty folder, as of now; it is not sealed.

    Raises:
        StoreError: The engine cannot write it.
        OSError: Files cannot be copied.
    """
    # Opened before the gate is closed: the thread's first statement.
    store.value("SELECT 1")
    with store.gate.closed():
        taken_at = datetime.now(UTC).isoformat(timespec="microseconds")
        segments = _copy_spool(configuration.spool, folder / _OTHER / "spool")
        _copy_others(configuration.data_dir, folder / _OTHER)
        _back_up_database(store, folder / _DATABASE)
        held = Contents.of(store)
    return Backup(taken_at, version("spanledger"), held.rows, held.aging, held.sums, segments)


def _back_up_database(store: Store, to: Path) -> None:
    try:
        store.value(f"BACKUP DATABASE default TO File('{_escaped(to)}')")
    except StoreError as error:
        if error.code != _NOT_OURS:
            raise
        # Nobody else knows this name: the file that says whose it is could not be written.
        free = shutil.disk_usage(to.parent).free
        raise StoreError(
            f"{to.parent} takes no file: {free:,} bytes are free there; make room, or name another"
        ) from None


def give_up(store: Store) -> None:
    """End the backups that are being written; who asked for them is told."""
    store.value("KILL QUERY WHERE query_kind = 'Backup' ASYNC")


def begin(target: Path) -> Path:
    """A private folder beside ``target`` for a backup that is not whole yet.

    Raises:
        BackupError: The target is there already, or its folder is not.
    """
    if target.exists():
        raise BackupError(f"{target} is there already; a backup is written to a new file or folder")
    if not target.parent.is_dir():
        raise BackupError(f"{target.parent} is no folder; make it first")
    folder = target.parent / f".{target.name}.{secrets.token_hex(4)}.part"
    folder.mkdir(mode=0o700)
    return folder


def seal(backup: Backup, folder: Path, target: Path) -> int:
    """Say in a last file that the backup is whole, sync it, and give it its name; gives its size in bytes."""
    (folder / _SEAL).write_text(json.dumps(asdict(backup), indent=2) + "\n", encoding="utf-8")
    if target.suffix == ".tar":
        packed = folder.with_suffix(".tar.part")
        try:
            with os.fdopen(os.open(packed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                with tarfile.open(fileobj=file, mode="w") as archive:
                    for entry in sorted(folder.iterdir()):
                        archive.add(entry, entry.name)
                file.flush()
                os.fsync(file.fileno())
            packed.rename(target)
        finally:
            packed.unlink(missing_ok=True)
        shutil.rmtree(folder)
    else:
        for path in (*folder.rglob("*"), folder):
            _sync(path)
        folder.rename(target)
    _sync(target.parent)
    return sum(path.stat().st_size for path in (target, *target.rglob("*")) if path.is_file())


def restore(configuration: Configuration, source: Path) -> Backup:
    """Make an empty data folder what was backed up, and compare what it holds with what was there.

    Raises:
        BackupError: The backup is not whole, the folder is not empty, or what was restored is not what was backed up.
        StoreError: The engine refuses.
    """
    folder = configuration.data_dir
    default = f"chdb://{folder / 'clickhouse'}"
    if configuration.clickhouse_url != default:
        raise BackupError(f"a backup is restored into a data folder; SPANLEDGER_CLICKHOUSE_URL is not {default}")
    lock = FolderLock(folder)
    try:
        lock.acquire()
    except OSError as error:
        raise BackupError(str(error)) from None
    unfinished = folder / UNFINISHED_RESTORE
    try:
        _delete(folder, _moved(unfinished))
        if held := {path.name for path in folder.iterdir()} - _NEVER_MOVED - {UNFINISHED_RESTORE}:
            raise BackupError(f"{folder} is not empty: it holds {min(held)}; restore into a new folder (--data-dir)")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        try:
            backup = _restore(configuration, source, unfinished)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        _move(unfinished, folder)
    finally:
        lock.release()
    return backup


def _move(unfinished: Path, folder: Path) -> None:
    """Move what was restored to its place, having said what that is: a kill leaves some here, some there."""
    entries = sorted(path for path in unfinished.iterdir() if path.name not in _NEVER_MOVED)
    note = unfinished / _MOVED
    note.write_text(json.dumps([entry.name for entry in entries]), encoding="utf-8")
    _sync(note)
    _sync(unfinished)
    for entry in entries:
        entry.rename(folder / entry.name)
    _sync(folder)
    # At once, for the folder is opened from now on: what is left of it is deleted at each start.
    shutil.rmtree(folder / "temporary", ignore_errors=True)
    unfinished.rename(folder / "temporary")
    _sync(folder)
    shutil.rmtree(folder / "temporary")


def _moved(unfinished: Path) -> list[str]:
    """What a restore that was killed may have moved to its place; nothing where it had not come so far."""
    try:
        names: list[str] = json.loads((unfinished / _MOVED).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return []
    return names


def _delete(folder: Path, names: list[str]) -> None:
    for path in (folder / name for name in names):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _unpack(source: Path, to: Path) -> None:
    """Unpack a backup.

    Raises:
        tarfile.TarError: It is no archive, or holds what would lie elsewhere.
    """
    with tarfile.open(source) as archive:
        # What the library refuses by itself only since 3.11.4: an archive may come from anywhere.
        for member in archive:
            name = PurePosixPath(member.name)
            if not (member.isfile() or member.isdir()) or name.is_absolute() or ".." in name.parts:
                raise tarfile.ReadError(f"it holds {member.name!r}, which is no file in it")
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(to)  # noqa: S202  (its members are looked at above)


def _restore(configuration: Configuration, source: Path, unfinished: Path) -> Backup:
    packed = unfinished / "temporary"
    if source.is_file():
        try:
            _unpack(source, packed)
        except (tarfile.TarError, OSError, EOFError) as error:
            raise BackupError(f"{source}: no whole backup: {error}") from None
        source = packed
    try:
        document = json.loads((source / _SEAL).read_text(encoding="utf-8"))
        backup = Backup(**document)
        expected = contents_from(document)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BackupError(f"{source}: no whole backup of 'spanledger backup': {error}") from None
    if (source / _OTHER).exists():
        shutil.copytree(source / _OTHER, unfinished, dirs_exist_ok=True)
    database = (source / _DATABASE).absolute()
    if database.parent == packed:
        # The store empties the temporary folder of the folder that it opens.
        database = database.rename(unfinished / _DATABASE)
    inside = configuration.model_copy(
        update={"data_dir": unfinished, "clickhouse_url": f"chdb://{unfinished / 'clickhouse'}"}
    )
    with Store.open(inside, exclusive=True) as store:
        store.value(f"RESTORE DATABASE default FROM File('{_escaped(database)}')")
        lacking = expected.lacks(Contents.of(store))
    if database.parent == unfinished:
        shutil.rmtree(database)
    if lacking:
        raise BackupError(f"what was restored from {source} is not what was backed up: {'; '.join(lacking)}")
    for path in (*unfinished.rglob("*"), unfinished):
        _sync(path)
    return backup


def _copy_spool(spool: Path, target: Path) -> int:
    """Copy the segments, whose names change meanwhile; gives how many there are."""
    if not spool.exists():
        return 0
    target.mkdir(parents=True, mode=0o700)
    tokens = {path.name.partition(".")[0] for path in spool.iterdir() if path.is_file()}
    for token in sorted(tokens):
        for path in _named(spool, token):
            try:
                shutil.copyfile(path, target / path.name)
            except FileNotFoundError:
                # It was closed, or begun, or is in the database by now.
                (target / path.name).unlink(missing_ok=True)
                continue
            break
    if (spool / "rejected").is_dir():
        shutil.copytree(spool / "rejected", target / "rejected", dirs_exist_ok=True)
    return sum(1 for path in target.iterdir() if path.is_file())


def _named(spool: Path, token: str) -> Iterator[Path]:
    """The file of a segment under the name that it has, as long as there is one."""
    while found := next(spool.glob(f"{token}.*"), None):
        yield found


def _copy_others(data_dir: Path, target: Path) -> None:
    target.mkdir(exist_ok=True, mode=0o700)
    for path in data_dir.iterdir():
        if path.name in _NOT_COPIED or path.name == "spool" or path.is_symlink():
            continue
        if path.is_dir():
            shutil.copytree(path, target / path.name, symlinks=True)
        elif path.is_file():
            shutil.copyfile(path, target / path.name)


def _sync(path: Path) -> None:
    if path.is_symlink() or not (path.is_file() or path.is_dir()):
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _escaped(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace("'", "\\'")

"""Data folders ready for use: made once a machine for this very schema and reference data, and copied for each use.

python data_folder.py FOLDER prepares both kinds below FOLDER.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

import chdb

import spanledger_sql
from spanledger_enrich.worker import load_reference_data
from spanledger_settings.configuration import Configuration, load
from spanledger_sql.definitions.migrations import migrate
from spanledger_sql.store import Store

# `migrated` has the schema and no row; `loaded` has the reference data, as after a node's start.
Kind = Literal["migrated", "loaded"]

# What is in a prepared folder comes from the files of these packages, ...
_PACKAGES = ("spanledger_vocabulary", "spanledger_settings", "spanledger_sql", "spanledger_enrich")
# ... and from these: the engine, and the sources of prices, energy and grid means.
_DISTRIBUTIONS = ("chdb", "clickhouse-connect", "codecarbon", "ecologits", "genai-prices", "pycountry")
_KEPT_SECONDS = 86_400
_IN_PARTS = "SELECT table FROM system.parts WHERE active GROUP BY table HAVING count() > 1"


def copy(kind: Kind, folder: Path) -> Path:
    """Make ``folder`` a data folder of that kind; gives it."""
    ignored = shutil.ignore_patterns("lock")
    return Path(shutil.copytree(_prepared() / kind, folder, symlinks=True, ignore=ignored, dirs_exist_ok=True))


def opened(configuration: Configuration, kind: Kind = "migrated") -> Store:
    """The configured embedded store, on a copy. chDB opens one folder a process: close others first."""
    copy(kind, configuration.data_dir)
    return Store.open(configuration, exclusive=True)


@contextlib.contextmanager
def engine_kept(folder: Path) -> Iterator[Any]:
    """Keep the engine of a data folder running, so that no command that this process runs on it starts one."""
    configured = Path(spanledger_sql.__file__).parent / "embedded" / "embedded.xml"
    with contextlib.closing(chdb.connect(f"{(folder / 'clickhouse').resolve()}?config-file={configured}")) as engine:
        yield engine


@cache
def _prepared() -> Path:
    """The folder that holds one data folder of each kind; the first process that asks makes it."""
    home = Path(tempfile.gettempdir()) / f"spanledger-tests-{os.getuid()}"
    home.mkdir(mode=0o700, exist_ok=True)
    folder = home / _fingerprint()
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _remove_old(home)
            unfinished = Path(tempfile.mkdtemp(dir=home))
            # In a process of its own: this one may have another folder open.
            subprocess.run([sys.executable, __file__, str(unfinished)], check=True, timeout=120)
            unfinished.rename(folder)
        os.utime(folder)
    return folder


def _fingerprint() -> str:
    """Changes with whatever a prepared folder is made from."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for package in _PACKAGES:
        spec = importlib.util.find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        root = Path(spec.origin).parent
        for path in sorted(root.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    for name in _DISTRIBUTIONS:
        digest.update(f"{name} {importlib.metadata.version(name)}\0".encode())
    return digest.hexdigest()[:16]


def _remove_old(home: Path) -> None:
    for folder in home.iterdir():
        if folder.is_dir() and folder.stat().st_mtime < time.time() - _KEPT_SECONDS:
            shutil.rmtree(folder)


def _prepare(folder: Path) -> None:
    migrated, loaded = folder / "migrated", folder / "loaded"
    _fill(migrated, migrate)
    shutil.copytree(migrated, loaded, symlinks=True)
    _fill(loaded, load_reference_data)


def _fill(folder: Path, fill: Callable[[Store], object]) -> None:
    """Fill the database of a folder, and leave one part of each table, since every copy copies and opens all of them.

    The log of migrations alone comes in some hundreds.
    """
    with Store.open(_own(folder), exclusive=True) as store:
        fill(store)
        for row in store.rows(_IN_PARTS):
            store.execute(f"OPTIMIZE TABLE {row['table']} FINAL")
        merged = [row["path"] for row in store.rows("SELECT path FROM system.parts WHERE NOT active")]
    for path in merged:
        shutil.rmtree(path, ignore_errors=True)


def _own(folder: Path) -> Configuration:
    return load(data_dir=folder, clickhouse_url=f"chdb://{folder / 'clickhouse'}")


if __name__ == "__main__":
    _prepare(Path(sys.argv[1]))

"""The library that a real ClickHouse server runs from: npm's package of the engine, with the server's handlers.

    python tests/server/engine.py        fetches it, where it is not there yet, and prints its path

SPANLEDGER_TEST_ENGINE names the folder that it is kept in, outside the repository.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@chdb/lib-linux-x64-gnu@26.7.3-stable.1"
_SHA512 = "XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw=="


class EngineMissing(Exception):
    """The library is not there and cannot be fetched; the message says why."""


def library() -> Path:
    """The path of the library, which is fetched first where it has to be.

    Raises:
        EngineMissing: There is no npm, or it does not get the package.
    """
    folder = Path(os.environ.get("SPANLEDGER_TEST_ENGINE") or Path.home() / ".cache/spanledger-test-engine")
    folder.mkdir(parents=True, exist_ok=True)
    found = folder / "26.7.3" / "libchdb.so"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not found.exists():
            _fetch(folder, found)
    return found


def _fetch(folder: Path, library: Path) -> None:
    if shutil.which("npm") is None:
        raise EngineMissing(f"npm is not installed, which fetches {PACKAGE}")
    with tempfile.TemporaryDirectory(dir=folder) as unpacked:
        try:
            subprocess.run(["npm", "pack", PACKAGE], cwd=unpacked, check=True, capture_output=True, timeout=600)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise EngineMissing(f"npm does not get {PACKAGE}: {error}") from error
        [archive] = Path(unpacked).glob("*.tgz")
        with archive.open("rb") as packed:
            digest = base64.b64encode(hashlib.file_digest(packed, "sha512").digest()).decode()
        if digest != _SHA512:
            raise EngineMissing(f"{PACKAGE} has another checksum than expected")
        with tarfile.open(archive) as tar:
            # By its name alone, for `filter` came with Python 3.11.4.
            tar.extraction_filter = getattr(tarfile, "data_filter", None)
            tar.extract("package/libchdb.so", unpacked)
        library.parent.mkdir(exist_ok=True)
        (Path(unpacked) / "package/libchdb.so").rename(library)


if __name__ == "__main__":
    try:
        print(library())  # noqa: T201
    except EngineMissing as missing:
        if os.environ.get("CI") == "true":
            raise
        print(f"the tests are skipped: {missing}")  # noqa: T201

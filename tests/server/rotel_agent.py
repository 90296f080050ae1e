"""rotel's binary: an OTLP collector that writes ClickHouse as the Collector's exporter does, from PyPI's package."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

_PACKAGE = "rotel==0.0.1a15"
# Whichever Python is asked for, the binary inside is the same.
_WHEEL = ("--python-version", "3.11", "--platform", "manylinux_2_34_x86_64", "--only-binary", ":all:")


class RotelMissing(Exception):
    """The package cannot be fetched here; the message says why."""


def rotel() -> Path:
    """The path of the binary, which is fetched first where it has to be.

    Raises:
        RotelMissing: pip does not get the package.
    """
    folder = Path(os.environ.get("SPANLEDGER_TEST_ENGINE") or Path.home() / ".cache/spanledger-test-engine") / _PACKAGE
    binary = folder / "rotel/rotel-agent"
    if not binary.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), *_WHEEL]
        try:
            subprocess.run([*command, _PACKAGE], check=True, capture_output=True, timeout=300)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise RotelMissing(f"pip does not get {_PACKAGE}: {error}") from error
        [wheel] = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as packed:
            packed.extract("rotel/rotel-agent", folder)
        binary.chmod(0o755)
    return binary

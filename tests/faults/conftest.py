"""What the tests of faults share: a process that commits and may be killed, and a shim before its C library."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import data_folder

from spanledger_settings.configuration import Configuration


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A data folder whose database has its tables."""
    return data_folder.copy("migrated", tmp_path / "template")


@pytest.fixture
def migrated(configuration: Configuration) -> Configuration:
    """A configuration whose database has its tables."""
    data_folder.copy("migrated", configuration.data_dir)
    return configuration


@pytest.fixture
def committing(configuration: Configuration) -> Callable[..., int]:
    """Opens the data folder in another process, commits what its spool holds, and gives the process's exit status."""

    def run(**environment: str) -> int:
        code = (
            "import sys\n"
            "from pathlib import Path\n"
            "from spanledger_collector.committer import Committer\n"
            "from spanledger_collector.spool.spool import Spool\n"
            "from spanledger_settings.configuration import load\n"
            "from spanledger_sql.definitions.migrations import migrate\n"
            "from spanledger_sql.store import Store\n"
            "configuration = load(data_dir=Path(sys.argv[1]))\n"
            "with Store.open(configuration, exclusive=True) as store:\n"
            "    migrate(store)\n"
            "    print('ready', flush=True)\n"
            "    spool = Spool(configuration.spool, segment_spans=1000, segment_seconds=1, max_bytes=2**30)\n"
            "    spool.close()\n"
            "    Committer(spool, store).join()\n"
        )
        process = subprocess.run(
            [sys.executable, "-c", code, str(configuration.data_dir)],
            env=os.environ | environment, timeout=60, check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert "ready" in process.stdout, process.stderr
        return process.returncode

    return run


@pytest.fixture
def shim(tmp_path: Path) -> Callable[[str], str]:
    """Compiles C that stands before the C library in a process; gives the path for LD_PRELOAD."""

    def build(code: str) -> str:
        source, library = tmp_path / "shim.c", tmp_path / "shim.so"
        source.write_text(code)
        try:
            subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True, timeout=60)
        except FileNotFoundError:
            pytest.skip("no C compiler (cc)")
        return str(library)

    return build

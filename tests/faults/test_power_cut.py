"""What a power cut leaves: everything that the spool no longer holds is in the database.

A file system in an image file, whose file is copied while it is mounted: what was not synced is not in the copy.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from harness.spooled import TABLES, acknowledge, counts, request, spool_of

from spanledger_collector.committer import Committer
from spanledger_settings.configuration import load
from spanledger_sql.store import Store

Mount = Callable[[Path, Path], None]


@pytest.fixture
def mount() -> Iterator[Mount]:
    if os.getuid() or not shutil.which("mkfs.ext4"):
        pytest.skip("only root, with mkfs.ext4, may mount a file system in an image")
    with ExitStack() as stack:

        def mounted(image: Path, folder: Path) -> None:
            folder.mkdir(exist_ok=True)
            done = subprocess.run(["mount", "-o", "loop", image, folder], capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"a file system in an image cannot be mounted here: {done.stderr}")
            stack.callback(subprocess.run, ["umount", "-l", folder], check=False, capture_output=True)

        yield mounted


def test_a_power_cut_loses_no_acknowledged_span(tmp_path, mount, template):
    image, cut = tmp_path / "disk.img", tmp_path / "cut.img"
    with image.open("wb") as file:
        file.truncate(2**30)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
    mount(image, tmp_path / "disk")
    configuration = load(data_dir=tmp_path / "disk" / "data")
    shutil.copytree(template, configuration.data_dir, symlinks=True)
    subprocess.run(["sync", "-f", tmp_path / "disk"], check=True)
    with Store.open(configuration, exclusive=True) as store:
        spool = spool_of(configuration, segment_spans=20)
        committer = Committer(spool, store)
        for first in range(0, 100, 10):
            acknowledge(spool, request(first))
        deadline = time.monotonic() + 15
        while spool.bytes_on_disk:
            assert time.monotonic() < deadline, committer.problem
            time.sleep(0.01)
        acknowledge(spool, request(100))
        subprocess.run(["cp", "--sparse=always", image, cut], check=True)
        spool.close()
        committer.join()
    subprocess.run(["umount", tmp_path / "disk"], check=True)
    mount(cut, tmp_path / "disk")
    with Store.open(configuration, exclusive=True) as store:
        spool = spool_of(configuration)
        spool.close()
        Committer(spool, store).join()
        assert counts(store) == dict.fromkeys(TABLES, (110, 110))


def test_every_table_syncs_what_is_inserted(migrated):
    with Store.open(migrated, exclusive=True) as store:
        unsynced = store.rows(
            "SELECT name FROM system.tables WHERE engine LIKE '%MergeTree' AND database = currentDatabase() "
            "AND NOT (engine_full LIKE '%fsync_after_insert = 1%' AND engine_full LIKE '%fsync_part_directory = 1%')"
        )
    assert unsynced == []

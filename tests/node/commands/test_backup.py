"""Backups are taken while a node runs, whole or not there, and restored to what was backed up."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import tarfile
import time
from pathlib import Path

import httpx
import pytest
from harness import data_folder
from harness import node as nodes
from harness.command import in_process, start
from harness.spooled import request

from spanledger_sql.store import Store, StoreError

EVERYTHING = ("chargeback", "--from", "2020-01-01", "--to", "2030-01-01", "--by", "tenant,model", "--format", "csv")


@pytest.fixture
def ledger(tmp_path, replayed):
    """A data folder with calls in its ledger, and nothing running on it."""
    return shutil.copytree(replayed, tmp_path / "data", symlinks=True)


@pytest.fixture(scope="module")
def replayed(tmp_path_factory):
    folder = data_folder.copy("loaded", tmp_path_factory.mktemp("replayed") / "data")
    ingested = in_process("ingest", *spans(tmp_path_factory.mktemp("spans"), 0, 300), data_dir=folder)
    assert ingested.returncode == 0, ingested.stderr
    return folder


@pytest.fixture(scope="module")
def backup(tmp_path_factory, replayed):
    """A backup of such a folder, with more beside the database than calls need."""
    folder = shutil.copytree(replayed, tmp_path_factory.mktemp("more") / "data", symlinks=True)
    (folder / "spool" / "rejected").mkdir(parents=True)
    (folder / "tokens.json").write_text("{}")
    backup = tmp_path_factory.mktemp("backup") / "backup"
    assert in_process("backup", backup, data_dir=folder).returncode == 0
    return backup


def spans(folder, first, count):
    path = folder / f"{first}.pb"
    path.write_bytes(request(first, count))
    return [path]


def span_id(number):
    draw = random.Random(number)
    draw.randbytes(16)
    return draw.randbytes(8).hex()


def restored(backup, folder):
    done = in_process("restore", backup, data_dir=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", ["backup", "backup.tar"])
def test_what_is_restored_gives_the_figures_that_were_backed_up(ledger, tmp_path, name):
    before = in_process(*EVERYTHING, data_dir=ledger).stdout
    done = in_process("backup", tmp_path / name, data_dir=ledger)
    assert done.returncode == 0, done.stderr
    assert "a ledger of 300 calls" in done.stdout
    told = restored(tmp_path / name, tmp_path / "other")
    assert "every count and sum is as it was" in told
    assert in_process(*EVERYTHING, data_dir=tmp_path / "other").stdout == before
    assert not list(tmp_path.glob(".*.part"))
    assert not (tmp_path / "other" / "restoring").exists()


def test_a_backup_of_a_running_node_holds_each_acknowledged_call_once(start_node, configuration, tmp_path):
    node = start_node()
    url = f"{node.addresses['otlp_http']}/v1/traces"

    def send(numbers):
        for number in numbers:
            headers = {"content-type": "application/x-protobuf"}
            httpx.post(url, content=request(number * 10, 10), headers=headers).raise_for_status()

    send(range(20))
    with start("backup", tmp_path / "backup", data_dir=configuration.data_dir) as backing_up:
        send(range(20, 40))
        assert backing_up.wait(timeout=60) == 0, backing_up.stderr.read()
    node.kill()
    told = restored(tmp_path / "backup", tmp_path / "other")
    assert "restored into" in told
    other = configuration.model_copy(
        update={"data_dir": tmp_path / "other", "clickhouse_url": f"chdb://{tmp_path / 'other' / 'clickhouse'}"}
    )
    with_backup = nodes.start_node(other)
    try:
        acknowledged = {span_id(number) for number in range(200)}
        deadline = time.monotonic() + 30
        while True:
            with Store.open(other) as store:
                found = [row["span_id"] for row in store.rows("SELECT span_id FROM ledger FINAL")]
                raw = [row["SpanId"] for row in store.rows("SELECT SpanId FROM otel_traces")]
            if acknowledged <= set(found) or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        assert acknowledged <= set(found)
        assert len(found) == len(set(found))
        assert len(raw) == len(set(raw)) == len(found)
    finally:
        with_backup.kill()


def test_a_node_that_is_killed_in_the_middle_leaves_nothing(start_node, configuration, tmp_path):
    node = start_node()
    target = tmp_path / "there" / "backup"
    target.parent.mkdir()
    with start("backup", target, data_dir=configuration.data_dir) as backing_up:
        while not list(target.parent.glob(".*.part/database/*")) and backing_up.poll() is None:
            time.sleep(0.001)
        node.process.send_signal(signal.SIGKILL)
        _, told = backing_up.communicate(timeout=30)
    assert backing_up.returncode == 1
    assert "nothing is left of it" in told
    assert list(target.parent.iterdir()) == []


def test_what_is_not_sealed_is_no_backup(backup, tmp_path):
    shutil.copytree(backup, tmp_path / "backup", symlinks=True)
    (tmp_path / "backup" / "backup.json").unlink()
    done = in_process("restore", tmp_path / "backup", data_dir=tmp_path / "other")
    assert done.returncode == 1
    assert "no whole backup" in done.stderr
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["lock"]


@pytest.mark.parametrize("kind", ["above", "absolute", "link"])
def test_an_archive_that_would_write_elsewhere_is_refused(tmp_path, kind):
    name = {"above": "../evil", "absolute": str(tmp_path / "evil"), "link": "folder/evil"}[kind]
    member = tarfile.TarInfo(name)
    if kind == "link":
        member.type, member.linkname = tarfile.SYMTYPE, "/etc"
    with tarfile.open(tmp_path / "odd.tar", "w") as archive:
        archive.addfile(member)
    done = in_process("restore", tmp_path / "odd.tar", data_dir=tmp_path / "other")
    assert done.returncode == 1
    assert "no whole backup: it holds" in " ".join(done.stderr.split())
    assert not list(tmp_path.rglob("evil"))


def test_a_restore_that_gives_other_figures_is_refused_and_leaves_nothing(backup, tmp_path):
    shutil.copytree(backup, tmp_path / "backup", symlinks=True)
    seal = tmp_path / "backup" / "backup.json"
    said = json.loads(seal.read_text())
    said["rows"]["ledger"] += 1
    said["sums"]["input_tokens"] += 1
    seal.write_text(json.dumps(said))
    done = in_process("restore", tmp_path / "backup", data_dir=tmp_path / "other")
    assert done.returncode == 1
    assert "ledger: 300 rows, expected 301" in done.stderr
    assert "input_tokens of the ledger" in done.stderr
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["lock"]


def test_only_an_empty_folder_is_restored_into_and_only_a_new_name_is_written(ledger, tmp_path):
    assert in_process("backup", tmp_path / "backup", data_dir=ledger).returncode == 0
    again = in_process("backup", tmp_path / "backup", data_dir=ledger)
    assert (again.returncode, "is there already" in again.stderr) == (1, True)
    full = in_process("restore", tmp_path / "backup", data_dir=ledger)
    assert (full.returncode, "is not empty" in full.stderr) == (1, True)


def test_a_folder_whose_restore_was_killed_is_not_opened(backup, configuration):
    with start("restore", backup, data_dir=configuration.data_dir) as restoring:
        while not (configuration.data_dir / "restoring" / "clickhouse").exists():
            time.sleep(0.001)
        restoring.kill()
    with pytest.raises(StoreError, match="did not come to its end"):
        Store.open(configuration, exclusive=True)
    restored(backup, configuration.data_dir)
    assert "300 calls" in in_process("doctor", data_dir=configuration.data_dir).stdout


class Killed(BaseException):
    """Stands for a kill: nothing may be done any more."""


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_restore_that_is_killed_while_it_moves_what_it_restored_can_run_again(backup, configuration, monkeypatch, at):
    renames, rename = [], Path.rename

    def killed(path, target):
        if "restoring" in (path.name, path.parent.name):
            renames.append(path)
            if len(renames) == at:
                raise Killed
        return rename(path, target)

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(Path, "rename", killed)
        in_process("restore", backup, data_dir=configuration.data_dir)
    with pytest.raises(StoreError, match="did not come to its end"):
        Store.open(configuration, exclusive=True)
    restored(backup, configuration.data_dir)
    assert {path.name for path in configuration.data_dir.iterdir()} == {"clickhouse", "lock", "spool", "tokens.json"}
    assert "300 calls" in in_process("doctor", data_dir=configuration.data_dir).stdout


def test_a_full_disk_is_named_by_a_backup(ledger, tmp_path):
    full = tmp_path / "full"
    full.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", full]
    if os.getuid() or subprocess.run(mount, check=False).returncode:
        pytest.skip("only root may mount a small file system")
    try:
        with contextlib.suppress(OSError), (full / "ballast").open("wb", buffering=0) as ballast:
            while True:
                ballast.write(bytes(4096))
        done = in_process("backup", full / "backup", data_dir=ledger)
    finally:
        subprocess.run(["umount", "-l", full], check=True)
    assert done.returncode == 1
    assert "bytes are free there" in done.stderr or "No space left" in done.stderr, done.stderr
    assert "concurrent" not in done.stderr

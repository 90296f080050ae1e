"""What waits in a spool: the files that hold what senders were told is safe, and nothing else."""

from pathlib import Path

from spanledger_settings.spool_files import waiting


def test_files_that_hold_something_wait_until_they_are_committed(tmp_path: Path) -> None:
    for name in ("1.open", "2.ready", "2.1+4.begun", "lock", "3.part"):
        (tmp_path / name).write_bytes(b"something")
    (tmp_path / "4.open").touch()
    (tmp_path / "rejected").mkdir()
    (tmp_path / "rejected" / "5.ready").write_bytes(b"something")
    assert {file.path.name for file in waiting(tmp_path)} == {"1.open", "2.ready", "2.1+4.begun"}
    assert all(file.stat.st_size == len(b"something") for file in waiting(tmp_path))
    assert waiting(tmp_path / "nowhere") == []

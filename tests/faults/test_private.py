"""What is secret stays where it belongs: passwords out of messages, prompts in folders that only their user reads."""

import os
import signal
import socket
import subprocess
import sys
import threading

import pytest

from spanledger_settings.configuration import ConfigurationError, load
from spanledger_sql.store import Store, StoreError


def test_a_data_folder_that_exists_is_closed_to_others(migrated):
    migrated.data_dir.chmod(0o755)
    migrated.spool.mkdir(mode=0o755)
    (migrated.spool / "1-a.ready").touch(mode=0o644)
    with Store.open(migrated, exclusive=True):
        modes = {path: oct(path.stat().st_mode & 0o777) for path in (migrated.data_dir, *migrated.data_dir.iterdir())}
        assert {path.name: mode for path, mode in modes.items() if not mode.endswith("00")} == {}
        assert oct((migrated.spool / "1-a.ready").stat().st_mode & 0o777) == "0o600"


def test_a_database_folder_that_lies_elsewhere_is_closed_to_others(configuration, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    with Store.open(load(data_dir=configuration.data_dir, clickhouse_url=f"chdb://{elsewhere}"), exclusive=True):
        assert oct(elsewhere.stat().st_mode & 0o777) == "0o700"


def test_a_lock_that_is_a_link_is_not_followed(configuration, tmp_path):
    target = tmp_path / "important"
    target.write_text("content")
    configuration.data_dir.mkdir()
    (configuration.data_dir / "lock").symlink_to(target)
    with pytest.raises(StoreError, match="symbolic link"):
        Store.open(configuration, exclusive=True)
    assert target.read_text() == "content"


def test_nothing_of_a_killed_process_stays_in_the_temporary_folder(migrated, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    code = (
        "import sys, threading, os, tempfile\n"
        "from pathlib import Path\n"
        "from spanledger_settings.configuration import load\n"
        "from spanledger_sql.store import Store\n"
        "with Store.open(load(data_dir=Path(sys.argv[1])), exclusive=True) as store:\n"
        "    os.write(tempfile.mkstemp()[0], b'a prompt')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, migrated.data_dir],
        env=os.environ | {"TMPDIR": str(shared)},
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert list(shared.iterdir()) == []
    assert len(list((migrated.data_dir / "temporary").iterdir())) == 1
    with Store.open(migrated, exclusive=True):
        assert list((migrated.data_dir / "temporary").iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "htps://admin:s3cret@host/db",
        "http://admin:s3cret@127.0.0.1:1/db",
        "http://admin:s3cret@127.0.0.1:port/db",
        "http://admin:s3cret@127.0.0.1:1/db?max_threads=1",
        "https://admin:s3cret@127.0.0.1:1/db?verify=false",
    ],
)
def test_no_message_holds_the_password(tmp_path, url):
    with pytest.raises((ConfigurationError, StoreError)) as raised:
        Store.open(load(data_dir=tmp_path, clickhouse_url=url))
    assert "s3cret" not in str(raised.value)
    if "max_threads" in url:
        assert "expected ca_cert" in str(raised.value)


def test_https_is_spoken_as_tls(tmp_path):
    listener = socket.create_server(("127.0.0.1", 0))
    first = []

    def accept() -> None:
        connection, _ = listener.accept()
        first.append(connection.recv(16))
        connection.close()
        listener.close()

    thread = threading.Thread(target=accept)
    thread.start()
    port = listener.getsockname()[1]
    with pytest.raises(StoreError):
        Store.open(load(data_dir=tmp_path, clickhouse_url=f"https://admin:s3cret@127.0.0.1:{port}/db"))
    thread.join(5)
    assert first[0][:1] == b"\x16", "a TLS handshake"

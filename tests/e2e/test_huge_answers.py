"""Answers that are larger than memory, through a node's socket: both ends take them piece by piece."""

import subprocess
import sys
from pathlib import Path

import pytest
from harness.command import in_process

from spanledger_sql.store import Store, StoreError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads peaks of memory from /proc")

# Some 300 MB as the engine writes them, and as CSV.
ROWS = 2_500_000
# What either end may hold of them: 10 MB that the driver reads ahead, and some blocks.
MOST_MB = 120
_COMMAND = """
import pathlib, sys
from spanledger_cli.cli import main
try:
    main()
finally:
    sys.stderr.write(pathlib.Path("/proc/self/status").read_text())
"""


def query(rows: int) -> str:
    return f"SELECT number, repeat('x', 100) AS text FROM numbers({rows})"


@pytest.fixture
def node(start_node):
    return start_node()


@pytest.fixture
def command_peak_mb(node, configuration, tmp_path):
    """The peak of memory of the command `sql` in a process of its own."""

    def peak(rows: int) -> float:
        arguments = ["--data-dir", configuration.data_dir, "sql", query(rows), "--output", tmp_path / f"{rows}.csv"]
        done = subprocess.run(
            [sys.executable, "-c", _COMMAND, *arguments], capture_output=True, text=True, timeout=120, check=True
        )
        return peak_mb(done.stderr)

    return peak


def peak_mb(status: str) -> float:
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def test_both_ends_hold_little_of_a_huge_answer(node, command_peak_mb, tmp_path):
    process = Path(f"/proc/{node.process.pid}")
    little = command_peak_mb(1)
    (process / "clear_refs").write_text("5")  # its peak begins anew
    node_before = peak_mb((process / "status").read_text())
    much = command_peak_mb(ROWS)
    node_added = peak_mb((process / "status").read_text()) - node_before
    assert (tmp_path / f"{ROWS}.csv").stat().st_size > 100 * ROWS
    assert node_added < MOST_MB
    assert much - little < MOST_MB


def test_an_error_in_the_middle_of_an_answer_is_told_and_leaves_no_file(node, configuration, tmp_path):
    failing = "SELECT number, throwIf(number = 2000000, 'the third million') FROM numbers(3000000)"
    done = in_process("sql", failing, "--output", tmp_path / "n.csv", data_dir=configuration.data_dir)
    assert done.returncode == 1
    assert "the third million" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "n.csv").exists()


def test_an_answer_that_is_not_taken_to_its_end_leaves_the_node_free(node, configuration):
    with Store.open(configuration) as store:
        assert store.kind == "node"
        next(store.frames(query(ROWS)))
        assert store.value("SELECT count() FROM numbers(10)") == 10
    with Store.open(configuration) as store, pytest.raises(StoreError, match="nothing_there"):
        store.value("SELECT nothing_there")

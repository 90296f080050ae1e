"""The first hour, as docs/first-hour.md tells it, of an app's developer, of finance and of who runs the node."""

import csv
import os
import re
import subprocess
import sys
import time
from datetime import UTC, datetime

from first_hour_app import APP
from harness.command import in_process


def run_app(tmp_path, endpoint):
    environment = {**os.environ, "SPANLEDGER_ENDPOINT": endpoint, "SPANLEDGER_SPOOL_DIR": str(tmp_path / "app")}
    return subprocess.run(
        [sys.executable, "-c", APP],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_the_developer_without_a_node_is_told_where_it_should_be(tmp_path):
    done = run_app(tmp_path, "http://127.0.0.1:9")
    assert done.returncode == 0, done.stderr
    assert "delivered False" in done.stdout
    assert "http://127.0.0.1:9" in done.stderr


def test_from_nothing_to_a_bill(tmp_path, start_node, configuration):
    def spanledger(*line):
        return in_process(*line, data_dir=configuration.data_dir)

    # Whoever runs the node sees no ledger where there is none, then a healthy node.
    assert "there is no ledger in" in spanledger("chargeback").stderr.replace("\n", " ")
    node = start_node()
    assert spanledger("doctor").returncode == 0
    assert "it is empty" in spanledger("chargeback").stderr
    ports = [word for name in ("otlp-http", "otlp-grpc", "dashboard") for word in (f"--{name}-port", "0")]
    second = spanledger("up", *ports)
    assert (second.returncode, "is in use by process" in second.stderr) == (1, True), second.stderr

    # The developer's own app, as the page has it.
    done = run_app(tmp_path, node.addresses["otlp_http"])
    assert "delivered True" in done.stdout, done.stderr
    deadline = time.monotonic() + 60
    while spanledger("sql", "SELECT count() FROM calls", "--format", "csv").stdout.split()[-1] != "3":
        assert time.monotonic() < deadline
        time.sleep(0.5)

    # Finance's bill, into a file that says its month and money.
    bill = tmp_path / "bill.csv"
    month = f"{datetime.now(UTC):%Y-%m}"
    asked = ("chargeback", "--month", month, "--by", "tenant,feature,desk")
    assert spanledger(*asked, "--output", bill).returncode == 0
    with bill.open(newline="") as stream:
        rows = {row["tenant"]: row for row in csv.DictReader(stream)}
    assert {name: (row["calls"], row["desk"], row["feature"]) for name, row in rows.items()} == {
        "northwind": ("2", "emea", "help"), "globex": ("1", "emea", "help"),
    }  # fmt: skip
    assert all(re.fullmatch(r"0\.\d{12}", row["contracted_cost"]) for row in rows.values())
    assert {row["currency"] for row in rows.values()} == {"USD"}
    table = spanledger(*asked, "--format", "table")
    assert (table.returncode, "northwind" in table.stdout) == (0, True), table.stderr
    slip = spanledger("chargeback", "--tenant", "northwnd")
    assert (slip.returncode, "meant northwind?" in slip.stderr) == (2, True)
    assert "it has 3 calls from" in spanledger("chargeback", "--month", "2020-01").stderr.replace("\n", " ")

    # The node goes down: the bill is still there, and doctor does not call that healthy.
    node.stop()
    assert spanledger(*asked).returncode == 0
    ended = spanledger("doctor")
    assert ended.returncode == 1
    assert "! node" in ended.stdout

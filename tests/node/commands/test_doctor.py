"""What doctor finds that has to be mended, and two commands at once on one data folder."""

import os
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from harness import data_folder
from harness.books import Books
from harness.command import in_process, start

from spanledger_enrich.ledger.hour_sums import sum_hours
from spanledger_sql.store import Store


def doctor(configuration):
    done = in_process("doctor", data_dir=configuration.data_dir)
    return done.returncode, done.stdout


@pytest.fixture
def folder(configuration):
    """A data folder with an empty ledger, closed."""
    data_folder.copy("loaded", configuration.data_dir)
    return configuration


def test_a_ledger_that_only_files_came_into_needs_no_node(folder):
    status, told = doctor(folder)
    assert status == 0, told
    assert "not running" in told


def test_a_node_that_ran_here_and_does_not_is_to_be_mended(folder):
    folder.spool.mkdir()
    status, told = doctor(folder)
    assert status == 1
    assert "! node " in told
    assert "spanledger up" in told


def test_what_waits_in_the_spool_of_a_node_that_is_down_is_to_be_mended(folder):
    folder.spool.mkdir()
    (folder.spool / "1.ready").write_bytes(b"x" * 1234)
    status, told = doctor(folder)
    assert status == 1
    assert "! spool            1,234 bytes that senders were told are safe" in told


def test_what_waits_for_long_beside_a_running_node_is_to_be_mended(node):
    assert doctor(node.configuration)[0] == 0
    waiting = node.configuration.spool / "0.stuck.begun"
    waiting.write_bytes(b"x" * 99)
    os.utime(waiting, (time.time() - 100, time.time() - 100))
    status, told = doctor(node.configuration)
    assert status == 1
    assert "! spool            99 bytes" in told


def test_a_clock_that_is_ahead_and_dates_and_ids_that_cannot_be_are_told(folder):
    with Store.open(folder, exclusive=True) as store:
        books = Books(store, folder)
        used = {"input_tokens": 10, "service_name": "checkout", "host_name": "pod-7"}
        moments = (datetime.now(UTC) + timedelta(minutes=5), datetime(1970, 1, 1, tzinfo=UTC),
                   datetime(2262, 4, 11, tzinfo=UTC), datetime(2024, 10, 8, tzinfo=UTC))  # fmt: skip
        books.ingest(
            *({**used, "ts": ts, "trace_id": "0" * 32, "span_id": f"{n:016x}"} for n, ts in enumerate(moments))
        )
        books.enrich()
    status, told = doctor(folder)
    assert status == 1
    assert "! clock            checkout on pod-7: 2 calls of the last day began after they had come in" in told
    assert "! dates            1 call before 2015 and 1 call after tomorrow, from 1970-01-01 to 2262-04-11" in told
    assert "4 calls have a trace or span id that is none" in told


def test_sums_that_are_not_those_of_their_calls_are_told_and_taken_anew(folder, monkeypatch):
    with Store.open(folder, exclusive=True) as store:
        Books(store, folder).fill(
            {"contracted_cost": Decimal(2), "price_status": "priced"}, {"contracted_cost": Decimal(3)}
        )
        while sum_hours(store, ["America/Los_Angeles"], quiet_s=0, margin_s=0):
            pass
        wrong = "contracted_cost = 2 AND (hours = 1 OR midnight = 7)"
        for change in (f"ledger_sum UPDATE contracted_cost = 4 WHERE {wrong}",
                       "ledger_hour UPDATE last_written_at = '2024-10-09 00:00:00' WHERE 1"):  # fmt: skip
            store.execute(f"ALTER TABLE {change} SETTINGS mutations_sync = 2")
    status, told = doctor(folder)
    assert status == 1
    assert (
        "! sums             2 of 3 hours and days do not have their calls' sums, from 2024-10-08 07:00 UTC on" in told
    )
    monkeypatch.setenv("SPANLEDGER_TIMEZONES", "America/Los_Angeles")
    done = in_process("enrich", "--once", "--sum-anew", data_dir=folder.data_dir)
    assert "3 hours and days summed anew" in done.stdout
    with Store.open(folder, exclusive=True) as store:
        cost = "SELECT contracted_cost FROM ledger_sum FINAL WHERE {} ORDER BY contracted_cost"
        for whose in ("hours = 1", "midnight = 7"):
            assert [row["contracted_cost"] for row in store.rows(cost.format(whose))] == [2, 3]


def test_doctor_makes_no_database(configuration):
    configuration.data_dir.mkdir()
    doctor(configuration)
    assert not (configuration.data_dir / "clickhouse").exists()


def test_two_reports_at_once_both_work(folder):
    running = [start("sql", f"SELECT {n}, sleep(1)", "--format", "csv", data_dir=folder.data_dir) for n in (1, 2)]
    done = [(one.communicate(timeout=120), one.returncode) for one in running]
    assert [status for _, status in done] == [0, 0], done

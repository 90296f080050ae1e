"""What meets the committer costs no acknowledged span: bad values, rot, a full disk, errors that nobody foresaw."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.spooled import acknowledge, all_once, commit, counts, eventually, request, spool_of
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanledger_collector.committer import DATA_ERRORS, Committer
from spanledger_collector.export_request import from_protobuf
from spanledger_collector.spool.record import length_prefixed
from spanledger_settings.configuration import Configuration
from spanledger_sql.inserts.requests import INSERTED_TABLES
from spanledger_sql.store import Store, StoreError


@pytest.fixture
def opened(migrated: Configuration) -> Iterator[Store]:
    with Store.open(migrated, exclusive=True) as store:
        yield store


def wide_kind(body: bytes) -> bytes:
    """The request with a span's `kind` beyond 32 bits: protobuf's readers cut it, ClickHouse refuses it."""
    kind = b"\x30\x03"
    at = body.index(kind)
    wide = b"\x30\xff\xff\xff\xff\x7f"
    changed = bytearray(body[:at] + wide + body[at + 2 :])
    # All lengths around it grow by as much: those of resource_spans, scope_spans and the span, one byte each.
    for position in (1, 3, 5):
        changed[position] += len(wide) - len(kind)
    return bytes(changed)


def small(number: int) -> bytes:
    """A request of one span that is short enough for lengths of one byte."""
    message = ExportTraceServiceRequest()
    span = (
        message.resource_spans.add()
        .scope_spans.add()
        .spans.add(
            trace_id=bytes([1]) * 15 + bytes([number]), span_id=bytes([2]) * 7 + bytes([number]), name="x", kind=3
        )
    )
    span.attributes.add(key="gen_ai.operation.name").value.string_value = "chat"
    return message.SerializeToString()


def test_one_value_that_the_database_cannot_read_costs_no_span(migrated, opened):
    spool = spool_of(migrated)
    bad = wide_kind(small(1))
    assert from_protobuf(bad).spans == 1
    acknowledge(spool, request(0, 50), bad, request(50, 50))
    committer = commit(opened, spool)
    assert committer.problem == ""
    assert counts(opened)["otel_traces"] == (101, 101)
    assert counts(opened)["span_parent"] == (100, 100)
    assert spool.rejected() == 0


def test_a_span_that_cannot_be_stored_stands_aside_alone(migrated, opened):
    check = "toUInt8(if(SpanName = 'unreadable', 'x', '1')) = 1"
    opened.execute(f"ALTER TABLE otel_traces ADD CONSTRAINT readable CHECK {check}")
    spool = spool_of(migrated)
    parsed = ExportTraceServiceRequest.FromString(request(0, 100))
    parsed.resource_spans[0].scope_spans[0].spans[42].name = "unreadable"
    acknowledge(spool, parsed.SerializeToString())
    commit(opened, spool)
    assert counts(opened) == all_once(99)
    (kept,) = (migrated.spool / "rejected").glob("*.pb")
    assert from_protobuf(kept.read_bytes()).spans == 1
    assert "CANNOT_PARSE" in kept.with_suffix(".txt").read_text()


def test_a_rotten_record_does_not_cut_off_the_whole_ones_behind_it(migrated, opened):
    spool = spool_of(migrated, segment_seconds=60)
    bodies = [request(first) for first in range(0, 50, 10)]
    acknowledge(spool, *bodies)
    (left_open,) = migrated.spool.glob("*.open")
    content = bytearray(left_open.read_bytes())
    # The second request's length is rotten, and a byte within its span.
    begin = len(length_prefixed(bodies[0]))
    content[begin : begin + 2] = b"\xff\xff"
    (migrated.spool / "00000000000000000001-rotten.open").write_bytes(
        bytes(content) + length_prefixed(request(90))[:100]
    )
    spool.close()
    left_open.with_suffix(".ready").unlink()
    committer = commit(opened, spool_of(migrated))
    assert committer.problem == ""
    assert counts(opened) == all_once(40)
    assert len(list((migrated.spool / "rejected").glob("*rotten*.pb"))) == 1


def test_what_is_taken_back_leaves_what_another_collector_stored_meanwhile(migrated, opened):
    """Many inserts that a segment may need reserve many microseconds; others insert in them too."""
    spool = spool_of(migrated, segment_seconds=60)
    acknowledge(spool, request(0))
    spool.close()
    (waiting,) = migrated.spool.glob("*.ready")
    first = time.time_ns() // 1000
    waiting.rename(waiting.with_name(f"{waiting.stem}.{first}+400000.begun"))
    opened.insert_segment(length_prefixed(request(0)), first + 7, segment=waiting.stem)
    opened.insert_segment(length_prefixed(request(10)), first + 7, segment="of another collector")
    commit(opened, spool_of(migrated))
    assert counts(opened) == all_once(20)


def test_an_unreadable_segment_does_not_stop_the_others(migrated, opened):
    unreadable = migrated.spool / "00000000000000000001-unreadable.ready"
    unreadable.mkdir(parents=True)
    also = migrated.spool / "00000000000000000002-unreadable.open"
    also.mkdir()
    spool = spool_of(migrated)
    acknowledge(spool, request(0))
    committer = commit(opened, spool)
    assert counts(opened) == all_once(10)
    assert committer.unreadable == 1


def test_an_error_that_nobody_foresaw_is_waited_out(migrated, opened, monkeypatch):
    insert, calls = opened.insert_segment, []

    def failing(requests: object, ingested_at: int, segment: str) -> None:
        calls.append(ingested_at)
        insert(requests, ingested_at, segment=segment)  # type: ignore[arg-type]
        if len(calls) < 3:
            raise RuntimeError("as a bug would")

    monkeypatch.setattr(opened, "insert_segment", failing)
    spool = spool_of(migrated)
    acknowledge(spool, request(0))
    committer = Committer(spool, opened)
    eventually(lambda: len(calls) == 3)
    spool.close()
    committer.join()
    assert counts(opened) == all_once(10)


def test_what_the_database_refuses_for_a_while_waits(migrated, opened):
    opened.execute("ALTER TABLE otel_traces MODIFY SETTING parts_to_throw_insert = 1, parts_to_delay_insert = 1")
    opened.execute("SYSTEM STOP MERGES otel_traces")
    spool = spool_of(migrated)
    acknowledge(spool, request(0))
    committer = Committer(spool, opened)
    eventually(lambda: spool.bytes_on_disk == 0)
    acknowledge(spool, request(10))
    eventually(lambda: "TOO_MANY_PARTS" in committer.problem)
    assert committer.at_work()
    assert spool.rejected() == 0
    opened.execute("ALTER TABLE otel_traces MODIFY SETTING parts_to_throw_insert = 3000, parts_to_delay_insert = 1000")
    eventually(lambda: spool.bytes_on_disk == 0)
    spool.close()
    committer.join()
    assert counts(opened) == all_once(20)
    assert committer.problem == ""
    assert not committer.at_work()


def test_a_closed_spool_that_the_database_does_not_take_is_left_for_the_next_start(migrated, opened, monkeypatch):
    def refusing(requests: object, ingested_at: int, segment: str) -> None:
        raise StoreError("away")

    monkeypatch.setattr(opened, "insert_segment", refusing)
    spool = spool_of(migrated)
    acknowledge(spool, request(0))
    committer = Committer(spool, opened)
    spool.close()
    begin = time.monotonic()
    committer.join(patience_s=0.5)
    assert time.monotonic() - begin < 5
    monkeypatch.undo()
    commit(opened, spool_of(migrated))
    assert counts(opened) == all_once(10)


def test_errors_of_the_data_are_called_what_the_engine_calls_them(opened):
    for code, name in DATA_ERRORS.items():
        assert opened.value("SELECT errorCodeToName({code:Int32})", code=code) == name


def test_every_table_that_an_insert_reaches_can_be_taken_back_or_replaces_itself(opened):
    tables = {
        row["name"]: row for row in opened.rows("SELECT name, engine, create_table_query AS text FROM system.tables")
    }
    targets = {
        target[1]
        for table in tables.values()
        if table["engine"] == "MaterializedView" and (target := re.search(r" TO (?:\w+\.)?(\w+)", table["text"]))
    }
    assert {name for name in targets if tables[name]["engine"] == "MergeTree"} == set(INSERTED_TABLES)


@pytest.fixture
def small_disk(configuration: Configuration, template: Path) -> Iterator[Configuration]:
    """A data folder on a file system of its own, of 64 MB."""
    folder = configuration.data_dir
    folder.mkdir()
    if (
        os.getuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", folder], check=False).returncode
    ):
        pytest.skip("only root may mount a small file system")
    subprocess.run(["cp", "-a", f"{template}/.", folder], check=True)
    yield configuration
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_sets_nothing_aside_and_loses_nothing(small_disk):
    with Store.open(small_disk, exclusive=True) as store:
        spool = spool_of(small_disk)
        acknowledge(spool, request(0))
        eventually(lambda: list(small_disk.spool.glob("*.ready")))
        ballast = small_disk.data_dir / "ballast"
        free = os.statvfs(small_disk.data_dir)
        ballast.write_bytes(bytes(free.f_bavail * free.f_bsize - 8 * 4096))
        committer = Committer(spool, store)
        eventually(lambda: committer.problem)
        time.sleep(1)
        assert spool.rejected() == 0
        ballast.unlink()
        eventually(lambda: spool.bytes_on_disk == 0, 15)
        spool.close()
        committer.join()
        assert counts(store) == all_once(10)

"""What the database cannot read is set aside, and costs nobody else anything."""

from __future__ import annotations

from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanledger_collector.committer import Committer
from spanledger_collector.export_request import ExportRequest
from spanledger_collector.spool import Spool
from spanledger_sql.store import Store

UNREADABLE = b"\xff\xff\xff"


def span(number: int) -> bytes:
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    spans.add(trace_id=number.to_bytes(16, "big"), span_id=number.to_bytes(8, "big"), name="chat")
    return request.SerializeToString()


def test_a_request_that_the_database_refuses_is_kept_with_the_reason_and_its_neighbours_are_stored(
    store: Store, tmp_path: Path
) -> None:
    spool = Spool(tmp_path / "spool", segment_spans=1000, segment_seconds=60, max_bytes=1_000_000)
    for body in (span(1), span(2), UNREADABLE, span(3)):
        spool.append(ExportRequest(body, 1)).result(timeout=10)
    woken: list[int] = []
    committer = Committer(spool, store, lambda: woken.append(store.value("SELECT count() FROM otel_traces")))
    spool.close()
    committer.join()
    assert store.value("SELECT arraySort(groupArray(SpanId)) FROM otel_traces") == [f"{n:016x}" for n in (1, 2, 3)]
    assert woken == [3]
    assert committer.rejected == 1
    [rejected] = (tmp_path / "spool" / "rejected").glob("*.pb")
    assert rejected.read_bytes() == UNREADABLE
    assert rejected.with_suffix(".txt").read_text(encoding="utf-8").strip()
    assert not list((tmp_path / "spool").glob("*.ready"))

"""OTLP as JSON lines, read by the engine, against the same requests as protobuf."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from captured import captures
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanledger_collector import otlp_file
from spanledger_collector.otlp_file import OtlpFileError
from spanledger_collector.spool.record import length_prefixed
from spanledger_sql.store import Store

SPANS = "SELECT * EXCEPT (IngestedAt, Segment) FROM otel_traces ORDER BY TraceId, SpanId, SpanName"


def as_json(request: bytes) -> str:
    """As OTLP/JSON has it: ids in hex."""
    return json.dumps(_hex_ids(json_format.MessageToDict(ExportTraceServiceRequest.FromString(request))))


def _hex_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_hex_ids(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        name: base64.b64decode(part).hex() if name in ("traceId", "spanId", "parentSpanId") else _hex_ids(part)
        for name, part in value.items()
    }


def without_empty_lists(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """JSON does not tell an empty list from no value."""
    return json.loads(json.dumps(rows, default=str).replace('"[]"', '""'))


def test_json_lines_are_stored_as_the_same_requests_in_protobuf_are(store: Store, tmp_path: Path) -> None:
    requests = [capture.request for capture in captures()]
    (tmp_path / "spans.pb").write_bytes(b"".join(map(length_prefixed, requests)))
    (tmp_path / "spans.jsonl").write_text("\n\n".join(map(as_json, requests)) + "\n", encoding="utf-8")
    found = []
    for name in ("spans.pb", "spans.jsonl"):
        store.execute("TRUNCATE TABLE otel_traces")
        checked = otlp_file.check(store, tmp_path / name)
        assert not store.rows(SPANS)
        assert otlp_file.ingest(store, tmp_path / name) == checked
        otlp_file.ingest(store, tmp_path / name)
        found.append(store.rows(SPANS))
        assert checked.spans == len(found[-1])
    assert without_empty_lists(found[0]) == without_empty_lists(found[1])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"resourceSpans": 5}', "expected a JSON object with resourceSpans"),
        ('{"resourceSpans": [{"resource": 3}]}', "resource"),
        ('{"resourceSpans": [{"scopeSpans": [{"spans": [{"attributes": [{"key": "a", "value": 3}]}]}]}]}', "value"),
        ("[1]", "expected a JSON object with resourceSpans"),
        ('{"spans": []}', "expected a JSON object with resourceSpans"),
        ('{"resourceSpans": [', "not JSON"),
    ],
)
def test_a_line_that_is_no_request_is_named(store: Store, tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "spans.jsonl"
    path.write_text(f"{as_json(captures()[0].request)}\n\n{line}\n", encoding="utf-8")
    with pytest.raises(OtlpFileError, match=f"spans.jsonl:3: .*{says}"):
        otlp_file.check(store, path)
    assert not store.rows(SPANS)

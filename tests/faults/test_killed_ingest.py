"""A command that takes in a file and is killed at whatever moment leaves nothing that the next one does not mend."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from google.protobuf import json_format
from harness.spooled import all_once, counts, request
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from test_killed_at_a_rename import KILL_AT_RENAME

from spanledger_collector import otlp_file
from spanledger_settings.configuration import Configuration
from spanledger_sql.store import Store

SPANS = 50
_INGEST = """
import sys
from pathlib import Path
from spanledger_collector import otlp_file
from spanledger_settings.configuration import load
from spanledger_sql.store import Store
with Store.open(load(data_dir=Path(sys.argv[1])), exclusive=True) as store:
    otlp_file.ingest(store, Path(sys.argv[2]))
"""


def protobuf(folder: Path) -> Path:
    path = folder / "spans.pb"
    path.write_bytes(request(0, SPANS))
    return path


def json_lines(folder: Path) -> Path:
    message = ExportTraceServiceRequest.FromString(request(0, SPANS))
    document = json_format.MessageToDict(message)
    spans = message.resource_spans[0].scope_spans[0].spans
    for written, span in zip(document["resourceSpans"][0]["scopeSpans"][0]["spans"], spans, strict=True):
        names = (("traceId", span.trace_id), ("spanId", span.span_id), ("parentSpanId", span.parent_span_id))
        written.update({name: value.hex() for name, value in names})
    path = folder / "spans.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(document).encode()))
    return path


# The note that it begins, three tables, the note that it is done.
@pytest.mark.parametrize(("made", "rename"), [*((protobuf, rename) for rename in range(1, 6)), (json_lines, 3)])
def test_a_killed_ingest_is_mended_by_the_next(
    migrated: Configuration, shim: Callable[[str], str], tmp_path: Path, made: Callable[[Path], Path], rename: int
) -> None:
    path = made(tmp_path)
    killed = subprocess.run(
        [sys.executable, "-c", _INGEST, str(migrated.data_dir), str(path)],
        env=os.environ | {"LD_PRELOAD": shim(KILL_AT_RENAME), "KILL_AT": str(rename)}, timeout=60, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    with Store.open(migrated, exclusive=True) as store:
        for _ in range(2):
            otlp_file.ingest(store, path)
            assert counts(store) == all_once(SPANS)

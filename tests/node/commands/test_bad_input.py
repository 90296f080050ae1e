"""What a user does wrong ends with a sentence that says how to mend it, a status that is not 0, and nothing lost."""

import asyncio
import gzip
import os
import socket
import zlib

import httpx
import pytest
from google.rpc.status_pb2 import Status
from harness import data_folder
from harness.command import in_process as spanledger
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanledger_collector.otlp_http import PROTOBUF, receiver
from spanledger_collector.spool.spool import Spool
from spanledger_sql.definitions.migrations import migrate
from spanledger_sql.definitions.schema_file import MigrationError
from spanledger_sql.store import Store, StoreError


def export_request() -> bytes:
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"t" * 16, span_id=b"s" * 8, name="chat")
    attribute = span.attributes.add(key="gen_ai.operation.name")
    attribute.value.string_value = "chat"
    return request.SerializeToString()


@pytest.fixture
def spool(tmp_path):
    spool = Spool(tmp_path / "spool", segment_spans=1000, segment_seconds=60, max_bytes=1_000_000)
    yield spool
    spool.close()


@pytest.fixture
def loaded(tmp_path):
    """Runs commands on a data folder with the reference data, whose engine stays open between them."""
    folder = data_folder.copy("loaded", tmp_path / "data")
    with data_folder.engine_kept(folder):
        yield lambda *arguments: spanledger(*arguments, data_dir=folder)


def post(spool, body, headers, **options):
    async def send():
        transport = httpx.ASGITransport(receiver(spool, max_request_bytes=options.get("limit", 10_000)))
        async with httpx.AsyncClient(transport=transport, base_url="http://receiver") as client:
            return await client.post("/v1/traces", content=body, headers=headers)

    return asyncio.run(send())


def test_a_malformed_body_is_refused_with_the_reason(spool):
    answer = post(spool, b"\xff\xff\xff", {"content-type": PROTOBUF})
    assert answer.status_code == 400
    assert "ExportTraceServiceRequest" in Status.FromString(answer.content).message


def test_a_malformed_body_costs_no_neighbour_its_data(spool):
    assert post(spool, export_request(), {"content-type": PROTOBUF}).status_code == 200
    post(spool, b"\xff\xff\xff", {"content-type": PROTOBUF})
    assert post(spool, export_request(), {"content-type": PROTOBUF}).status_code == 200
    spool.close()
    segment = spool.ready.get()
    assert list(segment.requests()) == [export_request()] * 2


@pytest.mark.parametrize("pack", [lambda body: body, gzip.compress], ids=["plain", "gzip"])
def test_an_oversized_body_is_refused(spool, pack):
    headers = {"content-type": PROTOBUF} | ({"content-encoding": "gzip"} if pack is gzip.compress else {})
    answer = post(spool, pack(b"\0" * 100_000), headers)
    assert answer.status_code == 413
    assert "SPANLEDGER_MAX_REQUEST_BYTES" in Status.FromString(answer.content).message


def test_a_packed_body_that_is_cut_off_is_refused_and_a_whole_one_is_not(spool):
    headers = {"content-type": PROTOBUF, "content-encoding": "gzip"}
    answer = post(spool, gzip.compress(export_request())[:-6], headers)
    assert answer.status_code == 400
    assert "cut off" in Status.FromString(answer.content).message
    assert spool.bytes_on_disk == 0
    for encoding, packed in (("gzip", gzip.compress(export_request())), ("deflate", zlib.compress(export_request()))):
        assert post(spool, packed, headers | {"content-encoding": encoding}).status_code == 200
    spool.close()
    assert list(spool.ready.get().requests()) == [export_request()] * 2


def test_a_request_without_spans_is_accepted_and_not_kept(spool):
    assert post(spool, b"", {"content-type": PROTOBUF}).status_code == 200
    assert spool.bytes_on_disk == 0


def test_another_content_type_is_refused(spool):
    assert post(spool, b"x", {"content-type": "text/plain"}).status_code == 415
    assert post(spool, b"x", {"content-type": PROTOBUF, "content-encoding": "br"}).status_code == 415


def test_a_full_spool_asks_the_sender_to_wait(tmp_path):
    spool = Spool(tmp_path / "spool", segment_spans=1000, segment_seconds=60, max_bytes=10)
    assert post(spool, export_request(), {"content-type": PROTOBUF}).status_code == 200
    answer = post(spool, export_request(), {"content-type": PROTOBUF})
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    spool.close()


def test_a_port_in_use_names_the_option_that_changes_it(tmp_path):
    data_folder.copy("loaded", tmp_path / "data")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for option in ("--otlp-http-port", "--otlp-grpc-port", "--dashboard-port"):
            others = {"--otlp-http-port": 0, "--otlp-grpc-port": 0, "--dashboard-port": 0} | {option: port}
            done = spanledger("up", *(part for pair in others.items() for part in pair), data_dir=tmp_path / "data")
            assert done.returncode == 1
            assert f"port {port}" in done.stderr.replace("\n", " ")
            assert option in done.stderr
            assert "Traceback" not in done.stderr


def test_a_folder_in_use_names_the_process(store, configuration):
    with pytest.raises(StoreError, match=r"in use by process \d+"):
        Store.open(configuration, exclusive=True)


def test_a_folder_in_use_names_this_process_whoever_had_it_before(configuration):
    configuration.data_dir.mkdir()
    (configuration.data_dir / "lock").write_text(f"{2**60}\n")
    with Store.open(configuration), pytest.raises(StoreError, match=rf"in use by process {os.getpid()};"):
        Store.open(configuration)


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    done = spanledger("migrate", data_dir=tmp_path / "file" / "data")
    assert done.returncode == 1
    assert "cannot be written" in done.stderr


def test_a_database_of_a_newer_version_is_refused(store):
    store.insert("migration", [{"name": "schema/changes/9999_future", "checksum": "x"}])
    with pytest.raises(MigrationError, match="made by a newer version"):
        migrate(store)


def test_a_changed_migration_is_refused(store):
    store.insert("migration", [{"name": "schema/arriving/traces", "checksum": "another", "step": 100}])
    with pytest.raises(MigrationError, match=r"schema/arriving/traces\.sql was changed"):
        migrate(store)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("trace.csv", "A,B\n1,2\n", "trace.csv:1: columns"),
        (
            "trace.csv",
            "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.97,many,1\n",
            "trace.csv:2: ContextTokens",
        ),
        ("trace.jsonl", '{"timestamp": 0, "input_length": 1, "output_length": 1}\n{"timestamp": \n', "trace.jsonl:2"),
        ("trace.gz", "\x1f\x8bnot gzip", "trace.gz"),
    ],
)  # fmt: skip
def test_an_unreadable_trace_names_file_and_line(tmp_path, name, content, says):
    path = tmp_path / name
    path.write_bytes(content.encode("latin-1"))
    done = spanledger("replay", path, "--endpoint", "http://127.0.0.1:1", data_dir=tmp_path / "data")
    assert done.returncode == 1
    assert says in done.stderr.replace("\n", "")


def test_a_bad_line_keeps_the_whole_file_out(loaded, tmp_path):
    good = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c",' \
           '"spanId":"eee19b7ec3c1b174","name":"chat","startTimeUnixNano":"1728345600000000000",' \
           '"attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}}]}]}]}]}'  # fmt: skip
    path = tmp_path / "spans.jsonl"
    path.write_text(f"{good}\n{{broken\n")
    done = loaded("ingest", path)
    assert done.returncode == 1
    assert "spans.jsonl:2" in done.stderr.replace("\n", "")
    path.write_text(f"{good}\n")
    assert loaded("ingest", path).returncode == 0
    assert loaded("ingest", path).returncode == 0
    done = loaded("sql", "SELECT count() AS n FROM calls", "--format", "json")
    assert '"n": 1' in done.stdout


def test_an_unreadable_grid_file_names_the_line_and_imports_nothing(loaded, tmp_path):
    path = tmp_path / "grid.csv"
    path.write_text(
        "Datetime (UTC),Zone Id,Carbon Intensity gCO₂eq/kWh (direct),Carbon Intensity gCO₂eq/kWh (LCA)\n"
        "2024-10-08 00:00:00,DE,300,350\n2024-10-08 01:00:00,DE,300,a lot\n"
    )
    done = loaded("grid", "import", path)
    assert done.returncode == 1
    assert "grid.csv:3" in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr

"""Small senders do no great harm: what unpacks to much, spreads over all times, or never ends."""

import asyncio
import gzip
import resource
import socket
import subprocess
import sys

import httpx
import pytest
import zstandard
from harness.spooled import request
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanledger_collector import otlp_http
from spanledger_collector.export_request import MalformedRequest, from_protobuf
from spanledger_collector.otlp_http import PROTOBUF, receiver
from spanledger_collector.spool.spool import Spool
from spanledger_node import serving
from spanledger_node.serving import served


@pytest.fixture
def spool(tmp_path):
    spool = Spool(tmp_path / "spool", segment_spans=1000, segment_seconds=60, max_bytes=1_000_000)
    yield spool
    spool.close()


def post(spool, body, encoding, limit=100_000):
    async def send():
        transport = httpx.ASGITransport(receiver(spool, max_request_bytes=limit))
        async with httpx.AsyncClient(transport=transport, base_url="http://receiver") as client:
            headers = {"content-type": PROTOBUF, "content-encoding": encoding}
            return (await client.post("/v1/traces", content=body, headers=headers)).status_code

    return asyncio.run(send())


def test_all_members_of_a_gzip_body_are_read(spool):
    assert post(spool, gzip.compress(request(0, 5)) + gzip.compress(request(5, 5)), "gzip") == 200
    spool.close()
    (body,) = spool.ready.get().requests()
    assert from_protobuf(body).spans == 10


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_what_unpacks_beyond_the_limit_is_refused(spool, encoding):
    pack = gzip.compress if encoding == "gzip" else zstandard.compress
    assert post(spool, pack(bytes(10_000_000)), encoding) == 413
    assert post(spool, pack(bytes(90_000)) + pack(bytes(90_000)), encoding) == 413
    assert post(spool, pack(request(0)), encoding) == 200
    assert post(spool, pack(request(0))[:-5], encoding) == 400
    assert post(spool, b"neither", encoding) == 400


def test_a_request_of_empty_parts_is_refused_before_it_is_unpacked():
    code = (
        "import resource\n"
        "from spanledger_collector.export_request import MalformedRequest, from_protobuf\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n"
        "    from_protobuf(b'\\x0a\\x00' * 2**22)\n"
        "except MalformedRequest as error:\n"
        "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert int(done.stdout) < 100_000, "kilobytes"


def test_spans_of_all_months_in_one_request_are_refused():
    message = ExportTraceServiceRequest()
    scope = message.resource_spans.add().scope_spans.add()
    for month in range(100):
        scope.spans.add(start_time_unix_nano=month * 31 * 86_400 * 10**9)
    with pytest.raises(MalformedRequest, match="100 months"):
        from_protobuf(message.SerializeToString())
    del scope.spans[40:]
    assert from_protobuf(message.SerializeToString()).spans == 40


def test_connections_that_send_nothing_and_bodies_that_never_end_are_closed(spool, monkeypatch):
    monkeypatch.setattr(serving, "IDLE_S", 1)
    monkeypatch.setattr(otlp_http, "_SLOWEST_BODY_S", 1.0)

    async def run():
        bound = socket.create_server(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        async with served(receiver(spool, max_request_bytes=1000), bound):
            idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(400)]
            idle[0][1].write(b"POST /v1/traces HTTP/1.1\r\n")
            head = f"POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: {PROTOBUF}\r\ncontent-length: 100\r\n\r\n"
            idle[1][1].write(head.encode() + b"half")
            async with httpx.AsyncClient() as client:
                assert (await client.get(f"http://127.0.0.1:{port}/health", timeout=10)).status_code == 200
            answers = [await asyncio.wait_for(reader.read(), 10) for reader, _ in idle]
            assert answers[1].startswith(b"HTTP/1.1 408")
            assert {*answers[:1], *answers[2:]} == {b""}
            for _, writer in idle:
                writer.close()

    asyncio.run(run())


def test_many_files_may_be_open():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        serving.allow_many_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(hard, 65_536) or hard == resource.RLIM_INFINITY
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

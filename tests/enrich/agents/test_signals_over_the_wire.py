"""Every signal by every way over real sockets: what agents send is booked, what cannot be read is said."""

from __future__ import annotations

import gzip
import time
from pathlib import Path
from typing import Any

import grpc
import httpx
import zstandard
from captured_agents import AGENTS, NAMES, tokens, truth
from harness.node import RunningNode

from spanledger_collector.otlp_signal import SIGNALS
from spanledger_sql.store import Store

COUNTS = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
PROTOBUF, JSON = "application/x-protobuf", "application/json"
PACKED = {"": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}


def bodies(agent: str, signal: str) -> list[Path]:
    return sorted((AGENTS / agent).glob(f"{signal}-*"))


def post(node: RunningNode, signal: str, body: bytes, kind: str = PROTOBUF, packed: str = "") -> httpx.Response:
    headers = {"content-type": kind, **({"content-encoding": packed} if packed else {})}
    return httpx.post(
        f"{node.addresses['otlp_http']}/v1/{signal}", content=PACKED[packed](body), headers=headers, timeout=30
    )


def call(node: RunningNode, service: str, body: bytes) -> Any:
    with grpc.insecure_channel(node.addresses["otlp_grpc"]) as channel:
        return channel.unary_unary(f"/{service}/Export")(body, timeout=30)


def test_every_signal_comes_by_every_way_and_bad_ones_are_said(node: RunningNode) -> None:
    for signal in SIGNALS:
        for malformed in (b"\xff\xff\xff", b"\x0a\x05ab"):
            answer = post(node, signal.name, malformed)
            assert answer.status_code == 400
            assert signal.message.DESCRIPTOR.name.encode() in answer.content
            try:
                call(node, signal.service, malformed)
            except grpc.RpcError as error:
                assert error.code() == grpc.StatusCode.INVALID_ARGUMENT  # noqa: PT017
        assert post(node, signal.name, b"[1]", JSON).status_code == 400
        assert post(node, signal.name, b"{", JSON).status_code == 400
        assert post(node, signal.name, b"", "text/plain").status_code == 415
        assert post(node, signal.name, b"{}", JSON).text == "{}"
        assert post(node, signal.name, bytes(2**26 + 1), packed="gzip").status_code == 413

    claude, codex, gemini = NAMES
    for signal in SIGNALS:
        for number, path in enumerate(bodies(claude, signal.name)):
            answer = post(node, signal.name, path.read_bytes(), packed=list(PACKED)[number % 3])
            assert (answer.status_code, answer.content) == (200, b"")
        for path in bodies(codex, signal.name):
            assert call(node, signal.service, path.read_bytes()) == b""
        for path in bodies(gemini, signal.name):
            assert post(node, signal.name, path.read_bytes(), JSON, "zstd").text == "{}"

    billed = [sum(one[name] for agent in NAMES for one in truth(agent)) for name in COUNTS]
    with Store.open(node.configuration) as store:
        deadline = time.monotonic() + 60
        rows: list[dict[str, Any]] = []
        while time.monotonic() < deadline and [row["granularity"] for row in rows] != ["call"] * 3:
            time.sleep(0.5)
            rows = store.rows("SELECT * FROM calls")
    assert [row["granularity"] for row in rows] == ["call"] * 3
    assert list(tokens(rows)) == billed
    node.stop()
    files = [path for path in node.configuration.data_dir.rglob("*") if path.is_file()]
    assert [path for path in files if b"SECRET-CONTENT" in path.read_bytes()] == []

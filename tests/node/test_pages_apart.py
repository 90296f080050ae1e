"""The process that serves the pages beside the node's."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from harness.node import RunningNode
from harness.otlp_request import call
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

_PATIENCE_S = 60


def test_a_page_is_drawn_by_a_process_that_lets_the_node_go_before(node: RunningNode) -> None:
    assert _send(node) == 200
    pages = _pages_of(node)
    assert os.getpriority(os.PRIO_PROCESS, pages) == min(os.getpriority(os.PRIO_PROCESS, node.process.pid) + 5, 19)
    _until(lambda: "Effective spend" in _drawn(node, "finance"))
    assert "cannot be read" not in _drawn(node, "finance")


def test_calls_are_taken_when_the_pages_have_ended_and_the_pages_come_again(node: RunningNode) -> None:
    first = _pages_of(node)
    os.kill(first, signal.SIGKILL)
    _until(lambda: not Path(f"/proc/{first}").exists())
    assert _send(node) == 200
    assert _pages_of(node) != first
    assert httpx.get(node.addresses["dashboards"], timeout=_PATIENCE_S).status_code == 200
    assert "the process of the pages ended with status -9" in node.log.read_text()
    assert node.stop() == 0


def test_the_pages_end_with_a_node_that_is_killed(start_node: Callable[..., RunningNode]) -> None:
    node = start_node()
    pages = _pages_of(node)
    node.kill()
    _until(lambda: not Path(f"/proc/{pages}").exists())


def _send(node: RunningNode) -> int:
    headers = {"content-type": "application/x-protobuf"}
    return httpx.post(f"{node.addresses['otlp_http']}/v1/traces", content=call(), headers=headers).status_code


def _pages_of(node: RunningNode) -> int:
    """The process of the pages, once they are served."""
    found: list[int] = []

    def served() -> bool:
        for file in Path(f"/proc/{node.process.pid}/task").glob("*/children"):
            for child in file.read_text().split():
                if b"page_server" in Path(f"/proc/{child}/cmdline").read_bytes():
                    found[:] = [int(child)]
        return bool(found) and httpx.get(node.addresses["dashboards"], timeout=_PATIENCE_S).status_code == 200

    _until(served)
    return found[0]


def _drawn(node: RunningNode, page: str) -> str:
    """All that a new session of a page is sent."""
    netloc = urlsplit(node.addresses["dashboards"]).netloc
    asked, sent = BackMsg(), []
    asked.rerun_script.page_name = page
    address = f"ws://{netloc}/_stcore/stream"
    with connect(address, subprotocols=["streamlit"], origin=f"http://{netloc}", max_size=None) as socket:
        socket.send(asked.SerializeToString())
        while True:
            said = ForwardMsg.FromString(socket.recv(timeout=_PATIENCE_S))
            sent.append(str(said))
            if said.WhichOneof("type") == "script_finished":
                return "\n".join(sent)


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.2)

"""Twenty people open pages one after another while calls are sent as fast as they are acknowledged, in one run.

Bar: with viewers, at least nine tenths of the calls are acknowledged that are without. Alone and with viewers take
turns, so that a noisy neighbour disturbs both. A viewer is a session of Streamlit: what a browser asks for over its
web socket, until the page is complete; then he reads a while and opens another page, of another tenant. Viewers are
elsewhere: here they have a process of their own, which takes what the others leave of the processor.

    python bench/viewers.py --rows 200000 --seconds 20
"""

from __future__ import annotations

import argparse
import http.client
import logging
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from quiet import cpu_seconds
from reports import fill
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from traffic import requests
from websockets.sync.client import connect

from spanledger_cli.commands.run.doctor import node_status
from spanledger_dashboards.page_list import PAGES
from spanledger_enrich.ledger.hour_sums import sum_hours
from spanledger_enrich.worker import load_reference_data
from spanledger_settings.configuration import Configuration, load
from spanledger_sql.definitions.migrations import migrate
from spanledger_sql.store import Store

_BAR = 0.9
_TURNS = 2
_SENDERS = 4
_PER_REQUEST = 512
_PATIENCE_S = 120
_OCTOBER = {"period": "Custom", "days": ["2024-10-01", "2024-10-30"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000, help="in the ledger before")
    parser.add_argument("--viewers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20, help="of each turn")
    parser.add_argument("--warm", type=float, default=3, help="how long viewers look before calls are sent, s")
    parser.add_argument("--reads", type=float, default=5, help="how long a viewer looks at a page, s, on average")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    bodies = requests(400, _PER_REQUEST, hours=1)
    with tempfile.TemporaryDirectory() as folder:
        configuration = load(data_dir=Path(folder))
        _fill(configuration, options.rows)
        ports = ["--otlp-http-port", "0", "--otlp-grpc-port", "0", "--dashboard-port", "0"]
        command = [sys.executable, "-m", "spanledger_cli", "--data-dir", folder, "up", *ports]
        with (
            subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as node,
            multiprocessing.get_context("spawn").Pool(1, os.nice, (10,)) as elsewhere,
        ):
            elsewhere.apply(len, ((),))
            while (status := node_status(configuration)) is None:
                time.sleep(0.1)
            receiver = urlsplit(status["addresses"]["otlp_http"]).netloc
            pages = urlsplit(status["addresses"]["dashboards"]).netloc
            _acknowledged(receiver, bodies, 3)
            alone, beside, opened = [], [], []
            print(f"{'turn':<22} {'acknowledged calls/s':>21} {'CPU of the node, cores':>23}")
            for _ in range(_TURNS):
                alone.append(_turn("alone", node.pid, receiver, bodies, options.seconds))
                until = time.time() + options.warm + options.seconds
                looking = elsewhere.apply_async(_viewers, (pages, options.viewers, options.reads, until))
                time.sleep(options.warm)
                beside.append(_turn(f"{options.viewers} viewers", node.pid, receiver, bodies, options.seconds))
                opened += looking.get()
            node.terminate()
    ratio = statistics.mean(beside) / statistics.mean(alone)
    median, most = statistics.median(opened), max(opened)
    print(f"\n{len(opened):,} pages were opened; complete after {median:.1f} s in the median, {most:.1f} s at most")
    print(f"acknowledged with viewers / alone: {ratio:.2f}; bar {_BAR}")


def _fill(configuration: Configuration, rows: int) -> None:
    with Store.open(configuration, exclusive=True) as store:
        migrate(store)
        load_reference_data(store)
        fill(store, rows)
        while sum_hours(store, quiet_s=0, margin_s=0):
            pass


def _turn(name: str, pid: int, receiver: str, bodies: list[bytes], seconds: float) -> float:
    """Calls acknowledged in a second."""
    cpu, begin = cpu_seconds(pid), time.monotonic()
    rate = _acknowledged(receiver, bodies, seconds)
    cores = (cpu_seconds(pid) - cpu) / (time.monotonic() - begin)
    print(f"{name:<22} {rate:>21,.0f} {cores:>23.2f}", flush=True)
    return rate


def _acknowledged(receiver: str, bodies: list[bytes], seconds: float) -> float:
    """Calls acknowledged in a second, of what some senders send at once."""
    counts = [0] * _SENDERS
    begin = time.monotonic()

    def send(number: int) -> None:
        connection = http.client.HTTPConnection(receiver)
        while time.monotonic() < begin + seconds:
            body = bodies[(number + _SENDERS * counts[number]) % len(bodies)]
            connection.request("POST", "/v1/traces", body, {"content-type": "application/x-protobuf"})
            response = connection.getresponse()
            response.read()
            if response.status == http.HTTPStatus.OK:
                counts[number] += 1
            else:
                time.sleep(0.05)
        connection.close()

    senders = [threading.Thread(target=send, args=(number,)) for number in range(_SENDERS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    return sum(counts) * _PER_REQUEST / (time.monotonic() - begin)


def _viewers(netloc: str, viewers: int, reads: float, until: float) -> list[float]:
    """How long each page took to be complete that viewers opened until then."""
    opened: list[float] = []
    looking = [threading.Thread(target=_look, args=(netloc, number, reads, until, opened)) for number in range(viewers)]
    for viewer in looking:
        viewer.start()
    for viewer in looking:
        viewer.join()
    return opened


def _look(netloc: str, number: int, reads: float, until: float, opened: list[float]) -> None:
    """Open page after page, each in a new session, until then; notes how long each took to be complete."""
    draw = random.Random(number)
    time.sleep(draw.uniform(0, reads))
    while time.time() < until:
        page = draw.choice(PAGES).url_path
        address = {**_OCTOBER, "tenants": f"tenant-{draw.randrange(50)}"} if draw.random() < 0.5 else _OCTOBER
        begin = time.monotonic()
        with connect(
            f"ws://{netloc}/_stcore/stream",
            subprotocols=["streamlit"],
            origin=f"http://{netloc}",
            max_size=None,
            open_timeout=_PATIENCE_S,
            ping_interval=None,
        ) as socket:
            asked = BackMsg()
            asked.rerun_script.query_string = urlencode(address, doseq=True)
            asked.rerun_script.page_name = page
            socket.send(asked.SerializeToString())
            while time.monotonic() < begin + _PATIENCE_S:
                said = ForwardMsg.FromString(socket.recv(timeout=_PATIENCE_S))
                if said.WhichOneof("type") == "script_finished":
                    break
        opened.append(time.monotonic() - begin)
        time.sleep(draw.expovariate(1 / reads))


if __name__ == "__main__":
    main()

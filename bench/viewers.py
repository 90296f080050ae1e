"""Twenty people open pages one after another while calls come at a steady rate, in one run.

Bar: with viewers, at least nine tenths of the calls are acknowledged that are without, and none is refused. What is
offered is a share (`--share`) of the calls a second that the node, alone, takes and books, which is measured first; or
`--rate`. The receivers alone take many times as many for a while, until the spool is full. A request is sent when it is
due, whether or not those before it were answered, and waits from then on: the rate does not give way to slow answers.
With `--flat-out`, four senders each wait for an answer before they send the next: what they reach is how long the disk
takes to keep a request, rather than what the node can take.

Alone and with viewers take turns, so that a noisy neighbour disturbs both. A viewer is a session of Streamlit: what a
browser asks for over its web socket, until the page is complete; then he reads a while and opens another page, of
another tenant. Viewers are elsewhere: here they have a process of their own, which takes what the others leave of the
processor. Each turn has calls of its own, and begins once those of the last are in the ledger.

    python bench/viewers.py --rows 200000 --seconds 20
"""

from __future__ import annotations

import argparse
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
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from offered import PER_REQUEST, Node, Turn, flat_out, steadily, turn
from reports import fill
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from spanledger_cli.commands.run.doctor import node_status
from spanledger_dashboards.page_list import PAGES
from spanledger_enrich.ledger.hour_sums import sum_hours
from spanledger_enrich.worker import load_reference_data
from spanledger_settings.configuration import Configuration, load
from spanledger_sql.definitions.migrations import migrate
from spanledger_sql.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

_BAR = 0.9
_PATIENCE_S = 120
# So many at once keep the disk from being what is measured.
_MANY_SENDERS, _FEW_SENDERS = 16, 4
_MEASURING_S = 4
_OCTOBER = {"period": "Custom", "days": ["2024-10-01", "2024-10-30"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000, help="in the ledger before")
    parser.add_argument("--viewers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20, help="of each turn")
    parser.add_argument("--turns", type=int, default=3, help="of each kind")
    parser.add_argument(
        "--share", type=float, default=0.5, help="of what the node takes and books alone, that is offered"
    )
    parser.add_argument("--rate", type=float, help="calls a second that are offered, instead of a share")
    parser.add_argument("--flat-out", action="store_true", help="four senders, each of whom waits for his answers")
    parser.add_argument("--warm", type=float, default=3, help="how long viewers look before calls are sent, s")
    parser.add_argument("--reads", type=float, default=5, help="how long a viewer looks at a page, s, on average")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    with (
        _node(options.rows) as (node, pages),
        multiprocessing.get_context("spawn").Pool(1, os.nice, (10,)) as elsewhere,
    ):
        elsewhere.apply(len, ((),))
        turn(node, flat_out(_MANY_SENDERS), 2, seed=1)
        send = flat_out(_FEW_SENDERS)
        if not options.flat_out:
            rate = options.rate
            if rate is None:
                node.settle()
                most = turn(node, flat_out(_MANY_SENDERS), _MEASURING_S, seed=2)
                begin, calls = time.monotonic(), len(most.waited) * PER_REQUEST
                node.settle()
                booked = calls / (most.seconds + time.monotonic() - begin)
                print(f"alone, the receivers take {most.rate:,.0f} calls/s of {_MANY_SENDERS} senders for a while")
                print(f"the node takes and books {booked:,.0f} calls/s", flush=True)
                rate = options.share * booked
            print(f"offered: {rate:,.0f} calls/s, in requests of {PER_REQUEST}, each when it is due", flush=True)
            send = steadily(rate)
        turns: dict[bool, list[Turn]] = {False: [], True: []}
        opened: list[float] = []
        print(
            f"{'turn':<11} {'acknowledged/s':>14} {'p50':>8} {'p95':>8} {'p99':>8} {'refused':>8} {'failed':>7} "
            f"{'ledger behind':>14} {'CPU of the node, cores':>23}"
        )
        for number in range(2 * options.turns):
            # Alone, looked at, looked at, alone: what changes steadily disturbs both alike.
            looked_at = number % 4 in {1, 2}
            node.settle()
            if looked_at:
                until = time.time() + options.warm + options.seconds
                looking = elsewhere.apply_async(_viewers, (pages, options.viewers, options.reads, until))
                time.sleep(options.warm)
            turns[looked_at].append(turn(node, send, options.seconds, seed=3 + number))
            _tell(f"{options.viewers} viewers" if looked_at else "alone", turns[looked_at][-1])
            if looked_at:
                opened += looking.get()
    alone, beside = (statistics.mean(each.rate for each in turns[looked_at]) for looked_at in (False, True))
    refused = {looked_at: sum(each.refused for each in turns[looked_at]) for looked_at in (False, True)}
    median, longest = statistics.median(opened), max(opened)
    print(f"\n{len(opened):,} pages were opened; complete after {median:.1f} s in the median, {longest:.1f} s at most")
    print(f"requests refused with viewers: {refused[True]}, alone: {refused[False]}; bar 0")
    print(f"acknowledged with viewers / alone: {beside / alone:.2f}; bar {_BAR}")


@contextmanager
def _node(rows: int) -> Iterator[tuple[Node, str]]:
    """A node over a filled ledger, and where it serves its pages."""
    with tempfile.TemporaryDirectory() as folder:
        configuration = load(data_dir=Path(folder))
        _fill(configuration, rows)
        ports = ["--otlp-http-port", "0", "--otlp-grpc-port", "0", "--dashboard-port", "0"]
        command = [sys.executable, "-m", "spanledger_cli", "--data-dir", folder, "up", *ports]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while (status := node_status(configuration)) is None:
                time.sleep(0.1)
            receiver, pages = (urlsplit(status["addresses"][name]).netloc for name in ("otlp_http", "dashboards"))
            with Store.open(configuration) as store:
                yield Node(process.pid, receiver, store, int(store.value("SELECT count() FROM ledger"))), pages
            process.terminate()


def _fill(configuration: Configuration, rows: int) -> None:
    with Store.open(configuration, exclusive=True) as store:
        migrate(store)
        load_reference_data(store)
        fill(store, rows)
        while sum_hours(store, quiet_s=0, margin_s=0):
            pass


def _tell(name: str, sent: Turn) -> None:
    half, most, all_but_one = (sent.quantile(share) for share in (0.5, 0.95, 0.99))
    failed = sum(sent.statuses.values()) - len(sent.waited) - sent.refused
    print(
        f"{name:<11} {sent.rate:>14,.0f} {half:>6.3f} s {most:>6.3f} s {all_but_one:>6.3f} s "
        f"{sent.refused:>8} {failed:>7} {max(sent.behind):>12.1f} s {sent.cores:>23.2f}",
        flush=True,
    )


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

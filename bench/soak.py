"""Traffic and faults, for minutes: the bar is that each acknowledged call is in the ledger once, with its tokens.

    python bench/soak.py --minutes 4 --fault-every 15 --rate 1500

The node is killed (-9) at random moments. Before it starts again, what a power cut leaves is put into its spool: half
requests at the end of open segments, and segments that are nothing but a torn request. Its clock jumps, where there is
a C compiler for the shim that sets it. Among the calls are some of 1970 and 2262, packed and plain, in protobuf and
JSON, with values that no sender should send, and requests over 200 months, which are refused. What is not acknowledged
is sent again, as exporters do. At the end the node may catch up, as long as it comes on. The judge knows what was
acknowledged, and reads the tables; it shares no code with the product. With a rate that is too high and no faults
(`--fault-every 1000 --rate 100000`), what is booked in a second is the most that this machine does.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import http.client
import json
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static long ahead(void) { const char *s = getenv("SOAK_CLOCK_AHEAD"); return s ? atol(s) : 0; }
int clock_gettime(clockid_t id, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int done = real(id, now);
    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) now->tv_sec += ahead();
    return done;
}
time_t time(time_t *at) {
    struct timespec now; clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec now; clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec; at->tv_usec = now.tv_nsec / 1000;
    return 0;
}
// chDB asks for its own C library before all others.
void *dlopen(const char *file, int flags) {
    return ((void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen"))(file, flags & ~RTLD_DEEPBIND);
}
"""
_JUMPS_S = (0, 7_200, -86_400, 0, 20 * 86_400, -3_600)
_SENDERS = 8
# A node that does not come on for so long has ended its work, or does not do it.
_PATIENCE_S = 120
# Figures of the ledger are so old at most.
_STALE_S = 12
_YEAR_1970, _YEAR_2262 = 86_400 * 10**9, 9_214_646_400 * 10**9


@dataclass
class Truth:
    """What was acknowledged: the tokens of each call by its span id; and how often each was sent at all."""

    acknowledged: dict[str, tuple[int, int]] = field(default_factory=dict)
    sent: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    retries: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Verdict:
    """What the judge found; calls that are lost are not in the ledger, of which some may be stored and not booked."""

    acknowledged: int
    lost: int
    unbooked: int
    doubled: int
    wrong_tokens: int
    foreign: int
    reported_again: int = 0

    @property
    def holds(self) -> bool:
        """Whether each acknowledged call is there once, as it was sent, and nothing else is."""
        return not (self.lost or self.doubled or self.wrong_tokens or self.foreign)


def request_of(draw: random.Random, first: int, calls: int, kind: str) -> tuple[bytes, dict[str, tuple[int, int]]]:
    """A request of so many calls, and the tokens of each by its span id."""
    message = ExportTraceServiceRequest()
    resource = message.resource_spans.add()
    _text(resource.resource, "service.name", f"soak-{draw.randrange(5)}")
    scope = resource.scope_spans.add()
    told = {}
    for number in range(first, first + calls):
        begin = time.time_ns() - draw.randrange(10**10)
        if kind == "1970":
            begin = _YEAR_1970 + number
        elif kind == "2262":
            begin = _YEAR_2262 + number
        elif kind == "200 months":
            begin = 1_000_000_000 * 10**9 + (number - first) * 30 * 86_400 * 10**9
        tokens = (draw.randrange(1, 10_000), draw.randrange(1, 1_000))
        identity = number.to_bytes(8, "big")
        span = scope.spans.add(
            trace_id=draw.randbytes(16), span_id=identity, parent_span_id=draw.randbytes(8), name="chat", kind=3,
            start_time_unix_nano=begin, end_time_unix_nano=begin + draw.randrange(10**10),
        )  # fmt: skip
        for key, text in (
            ("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", draw.choice(("openai", "anthropic", "vllm"))),
            ("gen_ai.request.model", draw.choice(("gpt-4o", "claude-3-5-sonnet-20240620", "our-own"))),
            ("gen_ai.response.id", f"r-{number}"), ("tenant.id", f"tenant-{draw.randrange(9)}"),
        ):  # fmt: skip
            _text(span, key, text)
        for key, count in zip(("input_tokens", "output_tokens"), tokens, strict=True):
            span.attributes.add(key=f"gen_ai.usage.{key}").value.int_value = count
        if kind == "odd":
            _oddities(draw, span)
        told[identity.hex()] = tokens
    return message.SerializeToString(), told


def _oddities(draw: random.Random, span: object) -> None:
    """Values that no sender should send, and that cost nobody his calls."""
    add = span.attributes.add  # type: ignore[attr-defined]
    add(key="odd.int").value.int_value = draw.choice((2**63 - 1, -(2**63), 0))
    add(key="odd.double").value.double_value = draw.choice((float("inf"), float("nan"), 1e308, -0.0))
    add(key="odd.bytes").value.bytes_value = draw.randbytes(40)
    add(key="").value.string_value = "no name"
    add(key="odd.none")
    value = add(key="odd.deep").value
    for _ in range(30):
        value = value.array_value.values.add()
    value.string_value = "\x1b[2J\x00" * 3


def _text(holder: object, key: str, text: str) -> None:
    holder.attributes.add(key=key).value.string_value = text  # type: ignore[attr-defined]


class Node:
    """A node in a process of its own, killed and started again."""

    def __init__(self, data_dir: Path, *, shim: str = "") -> None:
        self.data_dir = data_dir
        self.kills = 0
        self.rss_mb: list[float] = []
        self.started_in: list[float] = []
        self.caught_up_in = 0.0
        self._shim = shim
        self._ahead = 0
        with contextlib.ExitStack() as held:
            ports = [held.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(3)]
        self.port = ports[0]
        self._ports = ports
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it takes requests."""
        command = [sys.executable, "-m", "spanledger_cli", "--data-dir", str(self.data_dir), "up"]
        for option, port in zip(("--otlp-http-port", "--otlp-grpc-port", "--dashboard-port"), self._ports, strict=True):
            command += [option, str(port)]
        environment = dict(os.environ)
        if self._shim:
            environment |= {"LD_PRELOAD": self._shim, "SOAK_CLOCK_AHEAD": str(self._ahead)}
        begin = time.monotonic()
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with (self.data_dir.parent / "node.log").open("ab") as log:
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        while not self._ready():
            if self._process.poll() is not None:
                raise RuntimeError(f"the node ended with {self._process.returncode}; see {log.name}")
            time.sleep(0.1)
        self.started_in.append(time.monotonic() - begin)

    def kill(self, draw: random.Random) -> None:
        """Kill it, leave in its spool what a power cut may leave there, and set another clock."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self.kills += 1
        torn, _ = request_of(draw, 2**40 + self.kills * 1000, 50, "now")
        half = _length(len(torn)) + torn[: draw.randrange(1, len(torn))]
        for path in (self.data_dir / "spool").glob("*.open"):
            with path.open("ab") as file:
                file.write(half)
        (self.data_dir / "spool" / f"{time.time_ns():020d}-torn{self.kills:04d}.open").write_bytes(half)
        self._ahead = draw.choice(_JUMPS_S)

    def stop(self) -> float:
        """End it as a service manager does; gives how many seconds that took."""
        assert self._process is not None
        begin = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=300)
        return time.monotonic() - begin

    def catch_up(self) -> None:
        """Wait until it says that nothing waits in its spool or before its ledger, as long as it comes on."""
        begin = moved_at = time.monotonic()
        waited: object = None
        while time.monotonic() - moved_at < (_STALE_S if waited == (0, 0) else _PATIENCE_S):
            if (waiting := self._waiting()) != waited:
                waited, moved_at = waiting, time.monotonic()
            time.sleep(1)
            self.sample()
        self.caught_up_in = moved_at - begin

    def _waiting(self) -> tuple[float, float] | None:
        """Bytes in its spool and calls before its ledger; None where it does not say."""
        with contextlib.suppress(OSError, http.client.HTTPException, KeyError):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            connection.request("GET", "/metrics")
            told = dict(line.rsplit(" ", 1) for line in connection.getresponse().read().decode().splitlines())
            return float(told["spanledger_spool_waiting_bytes"]), float(told["spanledger_ledger_waiting"])
        return None

    def end(self) -> None:
        """End it at once, if it still runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def sample(self) -> None:
        """Note how much memory it holds."""
        with contextlib.suppress(OSError, StopIteration):
            status = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()  # type: ignore[union-attr]
            line = next(line for line in status if line.startswith("VmRSS"))
            self.rss_mb.append(int(line.split()[1]) / 1024)

    def _ready(self) -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
            connection.request("GET", "/ready")
            return connection.getresponse().status == 200
        return False


def _length(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


class Sender(threading.Thread):
    """Sends requests until told to stop, each until it is answered for good."""

    def __init__(self, number: int, seed: int, node: Node, truth: Truth, rate: float, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._draw = random.Random(f"{seed} {number}")
        self._next = (number + 1) << 32
        self._node, self._truth, self._rate, self._ended = node, truth, rate, stop

    def run(self) -> None:
        due = time.monotonic()
        while not self._ended.is_set():
            kinds = ("now", "now", "now", "now", "odd", "1970", "2262", "json", "gzip", "200 months")
            kind = self._draw.choice(kinds)
            calls = 200 if kind == "200 months" else self._draw.randrange(1, 120)
            body, told = request_of(self._draw, self._next, calls, kind)
            self._next += calls
            self._send(body, told, kind)
            due = max(due + calls / self._rate, time.monotonic() - 1)
            self._ended.wait(max(0.0, due - time.monotonic()))

    def _send(self, body: bytes, told: dict[str, tuple[int, int]], kind: str) -> None:
        headers = {"content-type": "application/x-protobuf"}
        if kind == "json":
            body, headers = _as_json(body), {"content-type": "application/json"}
        elif kind == "gzip":
            body, headers["content-encoding"] = gzip.compress(body), "gzip"
        while True:
            with self._truth.lock:
                self._truth.sent.update(told.keys())
            status = self._posted(body, headers)
            with self._truth.lock:
                if status == 200:
                    self._truth.acknowledged |= told
                    return
                if status == 400:
                    self._truth.refused += len(told)
                    return
                self._truth.retries += 1
            if self._ended.wait(0.2):
                return

    def _posted(self, body: bytes, headers: dict[str, str]) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self._node.port, timeout=20)
        try:
            connection.request("POST", "/v1/traces", body, headers)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()


def _as_json(body: bytes) -> bytes:
    """OTLP's JSON, in which ids are hex."""
    message = ExportTraceServiceRequest.FromString(body)
    document = json_format.MessageToDict(message)
    spans = message.resource_spans[0].scope_spans[0].spans
    for written, span in zip(document["resourceSpans"][0]["scopeSpans"][0]["spans"], spans, strict=True):
        for name, value in (
            ("traceId", span.trace_id), ("spanId", span.span_id), ("parentSpanId", span.parent_span_id),
        ):  # fmt: skip
            written[name] = value.hex()
    return json.dumps(document).encode()


def judge(truth: Truth, folder: Path) -> Verdict:
    """Compare the tables of a stopped node's database with what was acknowledged."""
    import chdb

    connection = chdb.connect(str(folder / "clickhouse"))
    try:
        tables: list[dict[str, list[tuple[int, int]]]] = []
        for table in ("ledger FINAL", "llm_spans"):
            query = f"SELECT span_id, input_tokens, output_tokens FROM {table}"
            rows: dict[str, list[tuple[int, int]]] = {}
            for line in connection.query(query, "TabSeparated").data().splitlines():
                span, given, made = line.split("\t")
                rows.setdefault(span, []).append((int(given), int(made)))
            tables.append(rows)
    finally:
        connection.close()
    found, stored = tables
    lost = truth.acknowledged.keys() - found.keys()
    return Verdict(
        acknowledged=len(truth.acknowledged),
        lost=len(lost),
        unbooked=len(lost & stored.keys()),
        # Who dies between writing a request and answering has it sent again: that is two reports, and one call.
        doubled=sum(len(reports) - 1 for reports in found.values())
        + sum(max(0, len(reports) - truth.sent[span]) for span, reports in stored.items()),
        reported_again=sum(len(reports) - 1 for reports in stored.values()),
        wrong_tokens=sum(1 for span, told in truth.acknowledged.items() if span in found and found[span][0] != told),
        foreign=sum(1 for span in found if span not in truth.sent),
    )


def soak(
    folder: Path, *, seconds: float, fault_every: float, rate: float, seed: int, shim: str = ""
) -> tuple[Verdict, Node, Truth, float]:
    """Send for so many seconds, and kill meanwhile; gives what the judge says, and how long the last stop took, s."""
    draw, truth, stop = random.Random(seed), Truth(), threading.Event()
    node = Node(folder / "data", shim=shim)
    node.start()
    senders = [Sender(number, seed, node, truth, rate / _SENDERS, stop) for number in range(_SENDERS)]
    try:
        for sender in senders:
            sender.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            until = min(end, time.monotonic() + fault_every * draw.uniform(0.5, 1.5))
            while time.monotonic() < until:
                time.sleep(0.5)
                node.sample()
            if time.monotonic() < end:
                node.kill(draw)
                node.start()
        stop.set()
        for sender in senders:
            sender.join()
        node.catch_up()
        stopped_in = node.stop()
    finally:
        stop.set()
        node.end()
    return judge(truth, folder / "data"), node, truth, stopped_in


def clock_shim(folder: Path) -> str:
    """The library that sets a process's clock; empty where no C compiler is."""
    if shutil.which("cc") is None:
        return ""
    source, library = folder / "clock.c", folder / "clock.so"
    source.write_text(_CLOCK)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True, timeout=60)
    return str(library)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--minutes", type=float, default=4)
    options.add_argument("--fault-every", type=float, default=15)
    options.add_argument("--rate", type=float, default=1500)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shim = clock_shim(folder)
        verdict, node, truth, stopped_in = soak(
            folder,
            seconds=given.minutes * 60,
            fault_every=given.fault_every,
            rate=given.rate,
            seed=given.seed,
            shim=shim,
        )
        size = sum(path.stat().st_size for path in (folder / "data").rglob("*") if path.is_file())
    tenth = max(1, len(node.rss_mb) // 10)
    over_time = [statistics.median(node.rss_mb[begin : begin + tenth]) for begin in range(0, len(node.rss_mb), tenth)]
    print(
        f"acknowledged    {verdict.acknowledged:,} calls; {truth.refused:,} refused, of 200 months; "
        f"{truth.retries:,} retries"
    )
    print(f"faults          {node.kills} kill -9 with torn segments{', clock jumps' if shim else ''}")
    seconds = given.minutes * 60
    print(
        f"a second        {verdict.acknowledged / seconds:,.0f} acknowledged, "
        f"{(verdict.acknowledged - verdict.lost) / (seconds + node.caught_up_in):,.0f} booked"
    )
    print(f"lost            {verdict.lost}, of which {verdict.unbooked} are stored and not booked")
    print(
        f"doubled         {verdict.doubled}; {verdict.reported_again} reports came again, since their answer was lost"
    )
    print(f"wrong tokens    {verdict.wrong_tokens}")
    print(f"not sent        {verdict.foreign}")
    print(f"memory, MB      {', '.join(f'{value:.0f}' for value in over_time)}; at most {max(node.rss_mb):.0f}")
    print(f"start, s        {statistics.median(node.started_in):.1f} in the median, at most {max(node.started_in):.1f}")
    print(f"catch-up, s     {node.caught_up_in:.0f} after the last fault")
    print(f"stop, s         {stopped_in:.1f}")
    print(f"disk            {size / max(1, len(truth.sent)):.0f} bytes a call")
    sys.exit(0 if verdict.holds and verdict.acknowledged else 1)


if __name__ == "__main__":
    main()

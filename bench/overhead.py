"""What the in-app library costs a call, as ratios to a bare OpenTelemetry span with the same twelve attributes.

Each contestant (contestants.py) runs in a process of its own, forked from one parent; they take turns, a few hundred
calls at a time, and while one runs the others are stopped. So a busy machine slows all of them alike, and no
instrumentation meets another. The median over the rounds counts; times are the process's own CPU time.

The first table is what a call of the real OpenAI client costs more when it is instrumented, over a transport that
answers from memory. Its floor is a hand-written span of the same twelve attributes around the call; our bar is 1.9.
The line "once more" tells the noise.

In the second our bars are 1.5 for `@llm_call` and 1.2 for `@attribution`, which decorates a function whose body makes
the bare span of twelve attributes; three more are stamped on it then, and the ratio to a span that sets those three
itself stands beside.

The last line is the time of a process that imports `spanledger` and the OTel SDK with its OTLP exporter, to one that
imports only the latter; its bar is 1.1.

With --peers, other instrumentations take part, in an environment of their own that is made in the folder named
(peers.txt; about a minute); without it, those that happen to be installed.

    python bench/overhead.py --peers .venv-peers
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from contestants import BARE, BY_HAND, CLIENTS, DECORATORS, IN_TWO_STEPS, PLAIN, Call, openai_client

_HERE = Path(__file__).resolve().parent
_FORK = multiprocessing.get_context("fork")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--calls", type=int, default=1000, help="calls of a decorator a round; of a client a tenth")
    parser.add_argument("--peers", type=Path, metavar="FOLDER", help="environment with the peers")
    options = parser.parse_args()
    if options.peers:
        again = [__file__, f"--rounds={options.rounds}", f"--calls={options.calls}"]
        folders = (str(_HERE.parent / folder) for folder in ("collector", "sql"))
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
        done = subprocess.run([python_with_peers(options.peers), *again], env=environment, check=False)
        sys.exit(done.returncode)
    clients(options.rounds, options.calls // 10)
    decorators(options.rounds, options.calls)
    imports(rounds=15)


def python_with_peers(folder: Path) -> Path:
    """The Python of the environment in `folder` that has the peers; makes it where there is none."""
    python = folder / "bin" / "python"
    if not python.exists():
        print(f"installing the peers into {folder} ...", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--no-deps", "--requirement", _HERE / "peers.txt"], check=True)
    return python


def clients(rounds: int, calls: int) -> None:
    """What instrumentations add to a call of the OpenAI client."""
    openai_client().chat.completions.create(model="gpt-4o-mini", messages=[])
    took = interleaved(CLIENTS, rounds, calls)
    added = {
        name: statistics.median(a - b for a, b in zip(times, took[PLAIN], strict=True)) for name, times in took.items()
    }
    print(f"{'an OpenAI client call':42}{'us a call':>12}{'us added':>12}{'ratio':>8}  to {BY_HAND}")
    for name, times in took.items():
        print(f"{name:42}{statistics.median(times):12.1f}{added[name]:12.1f}{added[name] / added[BY_HAND]:8.2f}")


def decorators(rounds: int, calls: int) -> None:
    """What decorators cost, beside spans made by hand."""
    took = interleaved(DECORATORS, rounds, calls)

    def ratio(name: str, floor: str) -> float:
        return statistics.median(a / b for a, b in zip(took[name], took[floor], strict=True))

    print(f"\n{'':42}{'us a call':>12}{'calls/s':>12}{'ratio':>8}  to {BARE}")
    for name, times in took.items():
        median = statistics.median(times)
        beside = f"  {ratio(name, IN_TWO_STEPS):.2f} to {IN_TWO_STEPS}" if name.startswith("@attribution") else ""
        print(f"{name:42}{median:12.1f}{1e6 / median:12,.0f}{ratio(name, BARE):8.2f}{beside}")


def interleaved(contestants: dict[str, Callable[[], Call]], rounds: int, calls: int) -> dict[str, list[float]]:
    """Microseconds a call, for each contestant that can be set up and each round."""
    gc.collect()
    gc.freeze()  # what the parent holds shall not be collected in each child over and over
    started = {name: _Contestant(set_up) for name, set_up in contestants.items()}
    running = {name: contestant for name, contestant in started.items() if contestant.is_ready}
    took: dict[str, list[float]] = {name: [] for name in running}
    for _ in range(rounds):
        for name, contestant in running.items():
            took[name].append(contestant.measured(calls))
    for contestant in started.values():
        contestant.end()
    return took


class _Contestant:
    """A process that makes calls when it is told to, and is stopped meanwhile."""

    def __init__(self, set_up: Callable[[], Call]) -> None:
        self._pipe, childs_end = _FORK.Pipe()
        self._process = _FORK.Process(target=_contest, args=(set_up, childs_end), daemon=True)
        self._process.start()
        self.is_ready = bool(self._pipe.recv())
        self._signal(signal.SIGSTOP)

    def measured(self, calls: int) -> float:
        self._signal(signal.SIGCONT)
        self._pipe.send(calls)
        took = float(self._pipe.recv())
        self._signal(signal.SIGSTOP)
        return took

    def end(self) -> None:
        self._process.kill()

    def _signal(self, number: int) -> None:
        os.kill(self._process.pid or 0, number)


def _contest(set_up: Callable[[], Call], pipe: Connection) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())  # some peers log that nobody takes their spans
    try:
        call = set_up()
    except ImportError:
        pipe.send(False)
        return
    call()
    pipe.send(True)
    while calls := pipe.recv():
        for _ in range(calls // 10):
            call()
        begun = time.process_time()
        for _ in range(calls):
            call()
        pipe.send((time.process_time() - begun) / calls * 1e6)


def imports(rounds: int) -> None:
    """What the import of the library adds to the import of the OTel SDK and its OTLP exporter."""
    floor = "import opentelemetry.sdk.trace.export, opentelemetry.exporter.otlp.proto.http.trace_exporter"
    took: dict[str, list[float]] = {floor: [], f"{floor}, spanledger": []}
    with tempfile.TemporaryDirectory() as bytecode:  # an installed package has its own; a checkout may not
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": bytecode}
        for _ in range(rounds):
            for statement, times in took.items():
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                subprocess.run([sys.executable, "-c", statement], env=environment, check=True)
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    sdk, with_ours = (statistics.median(times) for times in took.values())
    print(
        f"\nimport of spanledger too {with_ours * 1e3:.0f} ms, of the OTel SDK and exporter {sdk * 1e3:.0f} ms:"
        f" {with_ours / sdk:.2f}"
    )


if __name__ == "__main__":
    main()

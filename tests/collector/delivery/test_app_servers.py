"""Real servers with several workers, functions that are frozen, and `opentelemetry-instrument`: no call is lost."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from otlp_receiver import Receiver, attributes_of

HERE = Path(__file__).parent
CALLS = 120


@pytest.fixture
def environment(receiver: Receiver, spool_dir: Path) -> dict[str, str]:
    return os.environ | {
        "SPANLEDGER_ENDPOINT": receiver.endpoint,
        "SPANLEDGER_SPOOL_DIR": str(spool_dir),
        "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]),
    }


SERVERS = {
    "gunicorn": ["gunicorn", "--workers=2", "--bind=127.0.0.1:{port}", "served_app:wsgi"],
    "gunicorn, preloaded": ["gunicorn", "--workers=2", "--preload", "--bind=127.0.0.1:{port}", "served_app:wsgi"],
    "gunicorn, threads": ["gunicorn", "--workers=2", "--threads=4", "--bind=127.0.0.1:{port}", "served_app:wsgi"],
    "uvicorn": ["uvicorn", "--workers=2", "--port={port}", "served_app:asgi"],
    "uvicorn, a call at its end": ["uvicorn", "--port={port}", "served_app:asgi_that_ends"],
}


@contextmanager
def _served(server: str, environment: dict[str, str]) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = [argument.format(port=port) for argument in SERVERS[server]]
    quiet: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([sys.executable, "-m", *arguments], env=environment, **quiet)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/", process
    finally:
        process.kill()
        process.wait()


def _ask(url: str, numbers: range) -> None:
    for number in numbers:
        # A connection of its own each, so that all workers get some. (A client of httpx would load each time whom the
        # machine trusts, which takes longer than the rest of the test.)
        asked = Request(f"{url}?{number}", headers={"x-tenant": f"t-{number % 3}"})
        with urlopen(asked, timeout=30) as answer:
            assert answer.read() == b"done"


def _arrived(receiver: Receiver) -> list[tuple[int, str]]:
    found = [attributes_of(span) for span in receiver.spans]
    return sorted((span["gen_ai.usage.input_tokens"], span["tenant.id"]) for span in found)


def _expected(numbers: range) -> list[tuple[int, str]]:
    return [(number, f"t-{number % 3}") for number in numbers]


@pytest.mark.parametrize("server", SERVERS)
def test_every_requests_call_arrives_once_with_its_tenant_also_what_is_queued_at_the_end(
    server: str, environment: dict[str, str], receiver: Receiver
) -> None:
    with _served(server, environment) as (url, process):
        _ask(url, range(CALLS))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) in {0, -signal.SIGTERM}
        at_its_end = _expected(range(1000, 1001)) if server.endswith("end") else []
        assert _arrived(receiver) == _expected(range(CALLS)) + at_its_end


def test_what_killed_workers_had_on_disk_arrives(
    environment: dict[str, str], receiver: Receiver, spool_dir: Path
) -> None:
    receiver.answers[:] = [503] * 1000
    with _served("gunicorn", environment) as (url, process):
        _ask(url, range(40))
        deadline = time.monotonic() + 60
        while _spooled(spool_dir) < 40:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        for worker in _children(process.pid):
            os.kill(worker, signal.SIGKILL)
        receiver.answers.clear()
        _ask(url, range(40, 80))
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
    code = "import spanledger; spanledger.configure(); assert spanledger.flush()"
    subprocess.run([sys.executable, "-c", code], env=environment, timeout=60, check=True)
    # A worker that is killed while the receiver answers cannot know that the batch was taken: its successor sends the
    # same spans again, by whose ids they count once.
    once = {span.span_id: attributes_of(span)["gen_ai.usage.input_tokens"] for span in receiver.spans}
    assert sorted(once.values()) == list(range(80))


def _spooled(folder: Path) -> int:
    try:
        return sum(int(path.stem.rsplit("-", 1)[1]) for path in folder.rglob("*.otlp"))
    except FileNotFoundError:  # a folder that was renamed meanwhile
        return 0


def _children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


TERMINATED = """
import os, signal, time
{before}
import spanledger
spanledger.configure()
for number in range(5):
    spanledger.record_usage(provider="openai", model="m", input_tokens=number, output_tokens=1, tenant="t-0")
os.kill(os.getpid(), signal.SIGTERM)
spanledger.record_usage(provider="openai", model="m", input_tokens=5, output_tokens=1, tenant="t-0")
time.sleep(0.5)
os._exit(3)
"""


@pytest.mark.parametrize(
    ("before", "status", "calls"),
    [
        pytest.param("", -signal.SIGTERM, 5, id="nobody handles the signal"),
        pytest.param("signal.signal(signal.SIGTERM, lambda *_: os.write(1, b'own'))", 3, 6, id="the app handles it"),
        pytest.param("signal.signal(signal.SIGTERM, signal.SIG_IGN)", 3, 0, id="it is ignored"),
    ],
)
def test_at_sigterm_what_waits_is_sent_and_the_signal_does_what_it_did_before(
    before: str, status: int, calls: int, environment: dict[str, str], receiver: Receiver
) -> None:
    code = TERMINATED.format(before=before)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, timeout=60, stdout=subprocess.PIPE, check=False
    )
    assert done.returncode == status
    assert done.stdout == (b"own" if calls == 6 else b"")
    assert [number for number, _ in _arrived(receiver)] == list(range(calls))


FUNCTION = """
import os, sys, spanledger
spanledger.configure()
for event in sys.stdin:
    with spanledger.attribution(tenant="acme"):
        spanledger.record_usage(provider="openai", model="m", input_tokens=int(event), output_tokens=1)
    {flush}
    print("answered", flush=True)
"""


@pytest.fixture
def start_function(environment: dict[str, str]) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts a function that handles an event a line, as AWS Lambda's processes do."""
    started: list[subprocess.Popen[str]] = []

    def start(flush: str) -> subprocess.Popen[str]:
        code = FUNCTION.format(flush=flush)
        process = subprocess.Popen(
            [sys.executable, "-c", code], env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _handle(function: subprocess.Popen[str], event: int) -> None:
    """Has the function handle one event; it is frozen as soon as it has answered."""
    assert function.stdin
    assert function.stdout
    function.send_signal(signal.SIGCONT)
    print(event, file=function.stdin, flush=True)
    assert function.stdout.readline() == "answered\n"
    function.send_signal(signal.SIGSTOP)


def test_a_function_that_is_frozen_when_it_returns_has_sent_what_it_flushed(
    start_function: Callable[[str], subprocess.Popen[str]], receiver: Receiver
) -> None:
    function = start_function("assert spanledger.flush()")
    for event in range(3):
        _handle(function, event)
        assert [number for number, _ in _arrived(receiver)] == list(range(event + 1))


def test_a_function_frozen_in_an_outage_and_never_thawed_leaves_its_calls_to_the_next(
    start_function: Callable[[str], subprocess.Popen[str]], receiver: Receiver
) -> None:
    receiver.answers[:] = [503] * 1000
    first = start_function("spanledger.flush(timeout_s=3)")
    _handle(first, 1)
    assert receiver.spans == []
    first.kill()
    first.wait()
    receiver.answers.clear()
    second = start_function("assert spanledger.flush()")
    _handle(second, 2)
    assert [number for number, _ in _arrived(receiver)] == [1, 2]


APP = """
import openai
client = openai.OpenAI(api_key="test", max_retries=0)
for _ in range(3):
    client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Hello"}])
"""


@pytest.mark.parametrize("disabled", ["", "1"])
def test_opentelemetry_instrument_reports_the_calls_of_an_app_that_knows_nothing_of_it(
    disabled: str, environment: dict[str, str], receiver: Receiver, provider_url: str, tmp_path: Path
) -> None:
    app = tmp_path / "app.py"
    app.write_text(textwrap.dedent(APP))
    own = {"OPENAI_BASE_URL": f"{provider_url}/v1", "OTEL_SERVICE_NAME": "shop", "SPANLEDGER_DISABLED": disabled}
    others_off = {f"OTEL_{signal}_EXPORTER": "none" for signal in ("TRACES", "METRICS", "LOGS")}
    subprocess.run(
        [Path(sys.executable).parent / "opentelemetry-instrument", sys.executable, app],
        env=environment | own | others_off,
        timeout=60,
        check=True,
    )
    found: list[dict[str, Any]] = [attributes_of(span) for span in receiver.spans]
    if disabled:
        assert found == []
        return
    assert [span["gen_ai.usage.input_tokens"] for span in found] == [2006] * 3
    assert {resource["service.name"] for resource in receiver.resources} == {"shop"}

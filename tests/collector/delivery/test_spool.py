"""While the receiver is away spans wait on disk, bounded; then they arrive in order, once."""

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from otlp_receiver import Receiver, attributes_of, otlp_receiver

import spanledger
from spanledger import configuration
from spanledger.delivery.disk_spool import DiskSpool, spool_root
from spanledger.delivery.span_decoding import decode_spans


@pytest.fixture
def provider() -> Iterator[TracerProvider]:
    yield TracerProvider(shutdown_on_exit=False)
    spanledger.shutdown(0.1)


def _record(first: int, last: int) -> None:
    for number in range(first, last):
        spanledger.record_usage(provider="openai", model="m", input_tokens=number, output_tokens=1)


def _numbers(receiver: Receiver) -> list[int]:
    return [attributes_of(span)["gen_ai.usage.input_tokens"] for span in receiver.spans]


def _eventually(condition: object, timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.otlp"))


def test_all_calls_of_an_outage_arrive_once_and_in_order(
    provider: TracerProvider, receiver: Receiver, spool_dir: Path
) -> None:
    before = spanledger.stats()
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    _record(0, 100)
    assert spanledger.flush()
    receiver.answers[:] = [500] * 6
    for first in range(100, 2100, 500):
        _record(first, first + 500)
        _eventually(lambda: spanledger.stats().spooled >= 1)
    assert _files(spool_dir)
    assert spanledger.flush(20)
    assert _numbers(receiver) == list(range(2100))
    after = spanledger.stats()
    assert (after.exported - before.exported, after.dropped - before.dropped) == (2100, 0)
    assert (after.pending, after.spooled) == (0, 0)
    assert _files(spool_dir) == []


def test_a_killed_receiver_that_comes_back_gets_every_call_once(provider: TracerProvider, spool_dir: Path) -> None:
    with otlp_receiver() as first:
        spanledger.configure(endpoint=first.endpoint, tracer_provider=provider)
        _record(0, 50)
        assert spanledger.flush()
    port = int(first.endpoint.rsplit(":", 1)[1])
    _record(50, 150)
    assert not spanledger.flush(0.1)
    with otlp_receiver(port) as second:
        _record(150, 200)
        assert spanledger.flush(20)
        assert _numbers(first) == list(range(50))
        assert sorted(_numbers(second)) == list(range(50, 200))


def test_what_a_process_could_not_send_the_next_one_sends(
    provider: TracerProvider, receiver: Receiver, spool_dir: Path
) -> None:
    before = spanledger.stats()
    receiver.answers[:] = [500] * 3
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    _record(0, 7)
    spanledger.shutdown(0.2)
    assert spanledger.stats().left - before.left == 7
    receiver.answers.clear()
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    assert spanledger.flush(), "nothing need be recorded for what was left to be sent"
    assert _numbers(receiver) == list(range(7))
    assert spanledger.stats().recovered - before.recovered == 7
    assert spanledger.stats().pending == 0


def test_a_short_process_without_a_receiver_leaves_its_spans_to_the_next(spool_dir: Path) -> None:
    def run(endpoint: str, code: str) -> str:
        code = f"import spanledger\nspanledger.configure(endpoint={endpoint!r})\n" + textwrap.dedent(code)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
        return done.stdout

    with otlp_receiver() as receiver:
        port = int(receiver.endpoint.rsplit(":", 1)[1])
    run(
        receiver.endpoint,
        """
        spanledger.record_usage(provider="openai", model="m", input_tokens=1, output_tokens=1, tenant="acme")
        spanledger.shutdown(0.2)
        """,
    )
    assert len(_files(spool_dir)) == 1
    with otlp_receiver(port) as receiver:
        told = run(receiver.endpoint, "assert spanledger.flush()\nprint(spanledger.stats().recovered)")
    assert told.strip() == "1"
    assert attributes_of(receiver.spans[0])["tenant.id"] == "acme"
    assert list(spool_dir.rglob("*-*")) == [], "empty folders are cleared away"


def test_on_overflow_the_oldest_are_dropped_counted_and_reported(
    provider: TracerProvider, receiver: Receiver, spool_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = spanledger.stats()
    receiver.answers[:] = [500] * 1000
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider, max_spool_bytes=20_000)
    for number in range(150):
        _record(number, number + 1)
        waiting = spanledger.stats().spooled + spanledger.stats().dropped
        configuration._active.queue._interval_s = 0.001  # type: ignore[union-attr]
        if number % 10 == 0:
            _eventually(lambda waiting=waiting: spanledger.stats().spooled + spanledger.stats().dropped > waiting)
    _eventually(lambda: not configuration._active.queue._spans)  # type: ignore[union-attr]
    assert sum(path.stat().st_size for path in _files(spool_dir)) <= 20_000
    receiver.answers.clear()
    spanledger.flush(20)
    dropped = spanledger.stats().dropped - before.dropped
    assert dropped > 0
    assert _numbers(receiver) == list(range(dropped, 150)), "the newest arrive, in order"
    assert spanledger.stats().pending == 0


def test_a_batch_that_the_receiver_refuses_while_it_takes_others_does_not_hold_them_up(
    provider: TracerProvider, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spanledger.delivery.sender._FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr("spanledger.delivery.sender._LONGEST_PAUSE_S", 0.05)
    before = spanledger.stats()
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    configuration._active.queue._interval_s = 0.05  # type: ignore[union-attr]
    receiver.refuses = lambda body: b"poison" in body
    _record(0, 3)
    spanledger.record_usage(provider="openai", model="poison", input_tokens=3, output_tokens=1)
    _record(4, 8)
    _eventually(lambda: spanledger.stats().spooled == 8)
    last = 8
    while spanledger.stats().dropped == before.dropped:
        _record(last, last + 1)
        last += 1
        time.sleep(0.02)
    assert spanledger.flush()
    assert sorted(_numbers(receiver)) == [0, 1, 2, *range(4, last)]
    assert spanledger.stats().dropped - before.dropped == 1


def test_a_span_that_the_receiver_refuses_does_not_hold_up_those_of_its_batch(
    provider: TracerProvider, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spanledger.delivery.sender._FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr("spanledger.delivery.sender._LONGEST_PAUSE_S", 0.02)
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    receiver.refuses = lambda body: b"poison" in body
    _record(0, 3)
    spanledger.record_usage(provider="openai", model="poison", input_tokens=3, output_tokens=1)
    _record(4, 8)
    _eventually(lambda: sorted(_numbers(receiver)) == [0, 1, 2, 4, 5, 6, 7])
    assert spanledger.stats().spooled == 1, "which may yet be the receiver's fault"


def test_spans_for_one_receiver_are_never_sent_to_another(tmp_path: Path) -> None:
    here = spool_root(str(tmp_path), "http://a/v1/traces", {})
    assert here != spool_root(str(tmp_path), "http://b/v1/traces", {})
    assert here != spool_root(str(tmp_path), "http://a/v1/traces", {"authorization": "Bearer t"})


def test_a_folder_that_a_living_process_holds_is_not_taken_over(tmp_path: Path) -> None:
    holder = DiskSpool(tmp_path, 10_000)
    holder.append(b"x", 1)
    other = DiskSpool(tmp_path, 10_000)
    assert other.adopt() == 0
    holder.release()
    assert other.adopt() == 1


def test_a_folder_that_cannot_be_written_leaves_the_spans_in_memory(
    provider: TracerProvider, receiver: Receiver, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    receiver.answers[:] = [500]
    spanledger.configure(
        endpoint=receiver.endpoint, tracer_provider=provider, spool_dir=str(tmp_path / "file" / "folder")
    )
    _record(0, 3)
    assert spanledger.flush()
    assert _numbers(receiver) == [0, 1, 2]


def test_a_damaged_file_is_counted_and_does_not_stop_the_others(
    provider: TracerProvider, receiver: Receiver, spool_dir: Path
) -> None:
    before = spanledger.stats()
    spool = DiskSpool(spool_root(None, receiver.endpoint + "/v1/traces", {}), 10_000)
    spool.append(b"\xff no request", 5)
    spool.release()
    spool._locks.clear()
    spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider)
    _record(0, 2)
    spanledger.flush()
    assert _numbers(receiver) == [0, 1]
    assert spanledger.stats().dropped - before.dropped == 5


def test_spans_read_back_are_the_spans_that_were_written() -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource({"service.name": "shop", "n": 3}, "https://schema"))
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("scope", "1.2", "https://scope", {"a": True})
    with tracer.start_as_current_span("outer", attributes={"list": ["x", "y"], "f": 1.5, "b": False, "i": -3}) as outer:
        outer.add_event("happened", {"k": "v"})
        link = trace.Link(outer.get_span_context(), {"l": 1})
        with pytest.raises(KeyError), tracer.start_as_current_span("inner", kind=trace.SpanKind.CLIENT, links=[link]):
            raise KeyError("x")
    spans: list[ReadableSpan] = list(kept.get_finished_spans())
    request = encode_spans(spans)
    assert encode_spans(decode_spans(request.SerializeToString())) == request


def test_prefork_workers_send_their_own_calls_and_what_they_cannot_send_waits(spool_dir: Path) -> None:
    """As gunicorn does: the app is loaded and configured, then workers fork, work, and are ended by a signal."""
    code = """
    import os, signal, sys, time, spanledger
    spanledger.configure()
    spanledger.record_usage(provider="openai", model="m", input_tokens=1000, output_tokens=1)

    def work(number):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        for call in range(100):
            spanledger.record_usage(provider="openai", model="m", input_tokens=100 * number + call, output_tokens=1)
        os.write(ready, b"x")
        while True:
            time.sleep(0.05)  # not signal.pause(): a signal just before it would be waited for forever

    waiting, ready = os.pipe()
    workers = []
    for number in range(4):
        child = os.fork()
        if not child:
            work(number)
        workers.append(child)
    for _ in workers:
        os.read(waiting, 1)
    for worker in workers:
        os.kill(worker, signal.SIGTERM)
    for worker in workers:
        assert os.waitpid(worker, 0)[1] == 0
    """
    with otlp_receiver() as receiver:
        environment = os.environ | {"SPANLEDGER_ENDPOINT": receiver.endpoint}
        receiver.answers[:] = [500] * 2
        subprocess.run([sys.executable, "-c", textwrap.dedent(code)], env=environment, timeout=60, check=True)
        arrived = len(receiver.spans)
        waiting = sum(int(path.stem.rsplit("-", 1)[1]) for path in _files(spool_dir))
        assert arrived + waiting == 401
        subprocess.run(
            [sys.executable, "-c", "import spanledger; spanledger.configure(); assert spanledger.flush()"],
            env=environment,
            timeout=60,
            check=True,
        )
        assert sorted(_numbers(receiver)) == [*range(400), 1000]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_worker_of_multiprocessing_sends_what_it_recorded(method: str, receiver: Receiver, tmp_path: Path) -> None:
    script = tmp_path / "pool.py"
    script.write_text(
        textwrap.dedent(f"""
        import multiprocessing, spanledger

        def work(number):
            spanledger.configure()
            spanledger.record_usage(provider="openai", model="m", input_tokens=number, output_tokens=1)

        if __name__ == "__main__":
            spanledger.configure()
            process = multiprocessing.get_context({method!r}).Process(target=work, args=(7,))
            process.start()
            process.join()
            assert process.exitcode == 0
        """)
    )
    environment = os.environ | {"SPANLEDGER_ENDPOINT": receiver.endpoint}
    subprocess.run([sys.executable, str(script)], env=environment, timeout=60, check=True)
    assert _numbers(receiver) == [7]


def test_a_process_that_ends_at_once_has_sent_what_it_flushed(receiver: Receiver) -> None:
    """As AWS Lambda does: after the handler returns, the process is frozen or gone."""
    code = """
    import os, spanledger
    spanledger.configure()
    spanledger.record_usage(provider="openai", model="m", input_tokens=1, output_tokens=1)
    assert spanledger.flush(timeout_s=5)
    os._exit(0)
    """
    environment = os.environ | {"SPANLEDGER_ENDPOINT": receiver.endpoint}
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], env=environment, timeout=60, check=True)
    assert _numbers(receiver) == [1]

"""One provider call, one counted row: whatever reports it, however often, and in whatever order the reports come."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any

import pytest
from captured import Capture, captures
from harness import data_folder
from harness.examples import booked
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanledger_collector.spool.record import length_prefixed
from spanledger_enrich.worker import Worker
from spanledger_settings.configuration import Configuration, load
from spanledger_sql.store import Store

SECOND = 10**9
NOON = 1_790_000_000 * SECOND
NESTED = [capture for capture in captures() if len(capture.spans(0)) > 1]


def span(
    trace: int,
    number: int,
    *,
    parent: int = 0,
    scope: str = "opentelemetry.instrumentation.openai.v1",
    begins: float = 0.0,
    seconds: float = 1.0,
    failed: bool = False,
    **attributes: Any,
) -> bytes:
    """An export request with one span; attributes with ``__`` for a dot, on top of those of a plain call."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    _set(resource.resource, "service.name", "shop")
    scoped = resource.scope_spans.add()
    scoped.scope.name = scope
    item = scoped.spans.add(
        trace_id=trace.to_bytes(16, "big"),
        span_id=number.to_bytes(8, "big"),
        parent_span_id=parent.to_bytes(8, "big") if parent else b"",
        name="chat",
        kind=3,
        start_time_unix_nano=int(NOON + begins * SECOND),
        end_time_unix_nano=int(NOON + (begins + seconds) * SECOND),
    )
    item.status.code = 2 if failed else 0
    for name, value in attributes.items():
        _set(item, name.replace("__", "."), value)
    return request.SerializeToString()


def call(trace: int, number: int, tokens: tuple[int, int] | None = (100, 10), **more: Any) -> bytes:
    """A span of a chat with gpt-4o."""
    said: dict[str, Any] = {
        "gen_ai__operation__name": "chat",
        "gen_ai__provider__name": "openai",
        "gen_ai__request__model": "gpt-4o",
    }
    if tokens:
        said |= {"gen_ai__usage__input_tokens": tokens[0], "gen_ai__usage__output_tokens": tokens[1]}
    return span(trace, number, **(said | more))


def _set(holder: Any, name: str, value: Any) -> None:
    attribute = holder.attributes.add(key=name)
    if isinstance(value, int):
        attribute.value.int_value = value
    else:
        attribute.value.string_value = value


@pytest.fixture
def verdicts(store: Store, book: Callable[[Iterable[bytes]], None]) -> Callable[..., dict[int, tuple[int, str]]]:
    """Books each list of requests as a batch, and gives (counted, reason) by span."""

    def verdicts(*batches: list[bytes]) -> dict[int, tuple[int, str]]:
        for batch in batches:
            book(batch)
        rows = store.rows("SELECT span_id, counted, counted_reason FROM ledger FINAL")
        return {int(row["span_id"], 16): (row["counted"], row["counted_reason"]) for row in rows}

    return verdicts


SAME = "same call as span 0000000000000002"


def test_a_span_delivered_twice_counts_once(verdicts) -> None:
    assert verdicts([call(1, 1)], [call(1, 1)], [call(1, 1), call(1, 1)]) == {1: (1, "")}


def test_of_parent_and_child_the_inner_counts(verdicts) -> None:
    assert verdicts([call(1, 1), call(1, 2, parent=1)]) == {1: (0, SAME), 2: (1, "")}


def test_the_report_with_more_detail_counts_even_if_it_is_the_outer(verdicts) -> None:
    found = verdicts([call(1, 2, gen_ai__usage__cache_read__input_tokens=50)], [call(1, 1, parent=2)])
    assert found == {1: (0, SAME), 2: (1, "")}


def test_calls_are_inside_each_other_across_spans_that_are_no_calls(verdicts) -> None:
    http = span(1, 7, parent=1, scope="opentelemetry.instrumentation.httpx")
    server = span(1, 8, parent=7, scope="opentelemetry.instrumentation.fastapi")
    found = verdicts([call(1, 2, (101, 10), parent=8)], [call(1, 1)], [http], [server])
    assert found == {1: (0, SAME), 2: (1, "")}


def test_an_outer_span_that_sums_calls_counts_for_none(verdicts) -> None:
    found = verdicts([call(1, 1, (300, 30)), call(1, 2, parent=1), call(1, 3, (200, 20), parent=1, begins=2.0)])
    assert found == {1: (0, "sums the calls inside it, such as span 0000000000000002"), 2: (1, ""), 3: (1, "")}


def test_two_roots_in_one_trace_that_overlap_and_tell_the_same_count_once(verdicts) -> None:
    found = verdicts([call(1, 2)], [call(1, 3, scope="logfire.openai", begins=0.1, seconds=0.8)])
    assert sorted(found.values()) == [(0, SAME), (1, "")]


def test_parallel_calls_of_two_instrumentations_pair_one_to_one(verdicts) -> None:
    one = [call(1, number, begins=number / 100) for number in (2, 3, 4)]
    other = [call(1, number, scope="openlit", begins=number / 100) for number in (12, 13, 14)]
    assert sum(counted for counted, _ in verdicts([*one, *other]).values()) == 3


def test_calls_one_after_the_other_are_two(verdicts) -> None:
    found = verdicts([call(1, 1), call(1, 2, begins=1.5), call(1, 3, scope="openlit", begins=3.0)])
    assert {counted for counted, _ in found.values()} == {1}


def test_two_traces_that_share_the_response_id_count_once(verdicts) -> None:
    found = verdicts(
        [call(1, 1, gen_ai__response__id="r-1")],
        [call(2, 2, gen_ai__response__id="r-1", gen_ai__usage__reasoning__output_tokens=5)],
        [call(3, 3, gen_ai__response__id="r-2")],
    )
    assert found == {1: (0, f"{SAME} of trace {2:032x}"), 2: (1, ""), 3: (1, "")}


def test_a_gateway_that_renames_the_response_id_counts_once(verdicts) -> None:
    client = call(1, 1, gen_ai__response__id="made-up", seconds=3.0)
    gateway = call(1, 5, scope="litellm", parent=1, gen_ai__response__id="made-up", begins=0.1, seconds=2.0)
    provider = call(1, 2, parent=5, gen_ai__response__id="true-id", begins=0.2)
    apart = call(9, 9, gen_ai__response__id="made-up", seconds=3.0)
    found = verdicts([apart], [provider], [client], [gateway])
    assert sum(counted for counted, _ in found.values()) == 1


def test_different_response_ids_are_different_calls(verdicts) -> None:
    found = verdicts(
        [call(1, 1, gen_ai__response__id="r-1")], [call(1, 2, scope="openlit", gen_ai__response__id="r-2", begins=0.1)]
    )
    assert {counted for counted, _ in found.values()} == {1}


def test_a_report_without_usage_joins_one_with(verdicts) -> None:
    found = verdicts([call(1, 1, None, scope="openlit"), call(1, 2, begins=0.01)])
    assert found == {1: (0, SAME), 2: (1, "")}


@pytest.mark.parametrize(("begins", "counted"), [(1.9, 1), (2.1, 2), (-0.9, 1), (-1.1, 2)])
def test_a_report_without_usage_may_be_off_by_a_second(verdicts, begins: float, counted: int) -> None:
    """The silent one lasts from 0 to 1, the other for 0 seconds."""
    found = verdicts([call(1, 1, None, scope="openlit"), call(1, 2, begins=begins, seconds=0.0)])
    assert sum(one for one, _ in found.values()) == counted


def test_reports_that_tell_no_tokens_are_not_taken_for_one_another_for_their_time_alone(verdicts) -> None:
    one = call(1, 1, None, failed=True)
    other = call(1, 2, None, failed=True, scope="openinference.instrumentation.openai", gen_ai__request__model="o3")
    assert {counted for counted, _ in verdicts([one, other]).values()} == {1}


def test_an_embedding_inside_a_chat_is_a_call_of_its_own(verdicts) -> None:
    found = verdicts([call(1, 1), call(1, 2, parent=1, gen_ai__operation__name="embeddings")])
    assert {counted for counted, _ in found.values()} == {1}


def test_failed_attempts_within_a_call_that_tried_again_do_not_count(verdicts) -> None:
    outer = call(1, 1, seconds=9.0)
    failed = [call(1, 5, None, parent=1, failed=True), call(1, 6, None, parent=1, begins=2.0, failed=True)]
    found = verdicts([*failed], [outer], [call(1, 2, parent=1, begins=4.0)])
    assert {number for number, (counted, _) in found.items() if counted} == {2}


def test_a_fallback_after_a_failure_counts_beside_it(verdicts) -> None:
    """The inner call failed; the gateway then asked somebody whose calls nobody traces."""
    found = verdicts([call(1, 1), call(1, 2, None, parent=1, failed=True)])
    assert {counted for counted, _ in found.values()} == {1}


@pytest.mark.parametrize("begins", [0.5, 2.0])
def test_a_failure_that_nothing_follows_is_no_attempt(verdicts, begins: float) -> None:
    """It ended after the call that went well had begun: what came of it, nobody tells."""
    failed = call(1, 5, None, parent=1, begins=begins, failed=True)
    found = verdicts([call(1, 1, seconds=9.0), call(1, 2, parent=1), failed])
    assert {number for number, (counted, _) in found.items() if counted} == {2, 5}


@pytest.mark.parametrize(("begins", "counted"), [(60.9, 1), (61.1, 2)])
def test_other_tokens_under_an_id_are_of_one_call_within_a_minute(verdicts, begins: float, counted: int) -> None:
    """The first lasts from 0 to 1."""
    first = call(1, 1, gen_ai__response__id="r-1")
    other = call(2, 2, (100, 12), scope="openlit", begins=begins, gen_ai__response__id="r-1")
    assert sum(one for one, _ in verdicts([first, other]).values()) == counted


@pytest.mark.parametrize(("output", "counted"), [(11, 1), (12, 2)])
def test_a_call_inside_of_another_model_may_miss_a_token_before_it_is_its_own(
    verdicts, output: int, counted: int
) -> None:
    inner = call(1, 2, (90, output), parent=1, gen_ai__request__model="o3")
    assert sum(one for one, _ in verdicts([call(1, 1), inner]).values()) == counted


def test_the_call_takes_its_tenant_from_any_of_its_reports(store, verdicts) -> None:
    verdicts([call(1, 1, tenant__id="acme", session__id="s")], [call(1, 2, parent=1)])
    rows = store.rows("SELECT span_id, tenant_id, tenant_source, session_id FROM calls")
    assert rows == [{"span_id": f"{2:016x}", "tenant_id": "acme", "tenant_source": "tenant.id", "session_id": "s"}]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Worker]]:
    configuration: Configuration = load(data_dir=tmp_path_factory.mktemp("orders") / "data")
    with data_folder.opened(configuration) as store:
        yield store, Worker(store, configuration)


_numbers = count(1000, 1000)


@booked(3)
@given(chosen=st.lists(st.sampled_from(NESTED), min_size=2, max_size=5, unique=True), seed=st.integers(0, 2**32))
def test_order_batches_and_repetition_change_nothing(
    shared: tuple[Store, Worker], chosen: list[Capture], seed: int
) -> None:
    draw = random.Random(seed)
    at_once, shuffled = next(_numbers), next(_numbers)
    parts = [part for number, capture in enumerate(chosen) for part in capture.spans(shuffled + number)]
    parts += draw.choices(parts, k=2)
    draw.shuffle(parts)
    cuts = sorted(draw.sample(range(1, len(parts)), min(3, len(parts) - 1)))
    _book(shared, [part for number, capture in enumerate(chosen) for part in capture.spans(at_once + number)])
    for begin, end in zip([0, *cuts], [*cuts, len(parts)], strict=True):
        _book(shared, parts[begin:end])
    for number, capture in enumerate(chosen):
        assert _figures(shared, capture, shuffled + number) == _figures(shared, capture, at_once + number)


_tokens = count()


def _book(shared: tuple[Store, Worker], requests: list[bytes]) -> None:
    store, worker = shared
    store.insert_otlp(b"".join(map(length_prefixed, requests)), f"part-{next(_tokens)}")
    worker.catch_up()


def _figures(shared: tuple[Store, Worker], capture: Capture, number: int) -> list[tuple[Any, ...]]:
    rows = shared[0].rows(
        "SELECT * FROM ledger FINAL WHERE trace_id IN {traces:Array(String)} "
        "ORDER BY ts, dialect, input_tokens, counted",
        traces=capture.trace_ids(number),
    )
    return [
        (row["dialect"], row["ts"], row["counted"], row["counted_reason"][:9], row["input_tokens"], row["tenant_id"])
        for row in rows
    ]

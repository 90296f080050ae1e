import asyncio
import contextvars
import inspect
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import spanledger
from spanledger.processor import AccountingProcessor


class Spans:
    """A tracer whose provider stamps attribution and keeps its spans."""

    def __init__(self) -> None:
        provider = TracerProvider(shutdown_on_exit=False)
        self._kept = InMemorySpanExporter()
        provider.add_span_processor(AccountingProcessor())
        provider.add_span_processor(SimpleSpanProcessor(self._kept))
        self.tracer = provider.get_tracer("test")

    def make(self, name: str = "call", **attributes: Any) -> None:
        self.tracer.start_span(name, attributes=attributes.get("attributes")).end()

    @property
    def kept(self) -> tuple[ReadableSpan, ...]:
        return self._kept.get_finished_spans()

    @property
    def attributes(self) -> list[dict[str, Any]]:
        return [dict(span.attributes or {}) for span in self.kept]


@pytest.fixture
def spans() -> Spans:
    return Spans()


@dataclass
class Account:
    id: str | int


@dataclass
class Request:
    account: Account
    headers: dict[str, str]


def test_a_span_started_in_a_scope_carries_its_attribution(spans: Spans) -> None:
    with spanledger.attribution(tenant="acme", user="u-1", session="s-1"):
        spans.make()
    assert spans.attributes == [{"tenant.id": "acme", "user.id": "u-1", "session.id": "s-1"}]


def test_every_keyword_has_its_attribute(spans: Spans) -> None:
    with spanledger.attribution(feature="search", workflow="rag", run_id="r", cost_center="c", environment="dev"):
        spans.make()
    assert spans.attributes == [
        {
            "spanledger.feature": "search",
            "spanledger.workflow": "rag",
            "spanledger.run_id": "r",
            "spanledger.cost_center": "c",
            "deployment.environment.name": "dev",
        }
    ]


def test_an_unknown_keyword_becomes_a_dimension_of_its_own_type(spans: Spans) -> None:
    with spanledger.attribution(region_desk="emea", priority=3, trial=True):
        spans.make()
    assert spans.attributes == [
        {
            "spanledger.dimension.region_desk": "emea",
            "spanledger.dimension.priority": 3,
            "spanledger.dimension.trial": True,
        }
    ]


def test_identities_become_strings(spans: Spans) -> None:
    with spanledger.attribution(tenant=42, user=UUID(int=1)):
        spans.make()
    assert spans.attributes == [{"tenant.id": "42", "user.id": "00000000-0000-0000-0000-000000000001"}]


def test_the_inner_scope_wins_and_what_it_leaves_unsaid_stays(spans: Spans) -> None:
    with spanledger.attribution(tenant="outer", feature="search"), spanledger.attribution(tenant="inner"):
        spans.make()
    assert spans.attributes == [{"tenant.id": "inner", "spanledger.feature": "search"}]


def test_leaving_a_scope_restores_the_outer_one(spans: Spans) -> None:
    with spanledger.attribution(tenant="outer"):
        with spanledger.attribution(tenant="inner"):
            pass
        spans.make()
    spans.make()
    assert spans.attributes == [{"tenant.id": "outer"}, {}]


def test_an_exception_leaves_the_scope_too(spans: Spans) -> None:
    with pytest.raises(KeyError), spanledger.attribution(tenant="acme"):
        raise KeyError
    spans.make()
    assert spans.attributes == [{}]


def test_none_and_empty_values_are_left_unsaid(spans: Spans) -> None:
    with spanledger.attribution(tenant="acme"), spanledger.attribution(tenant=None, user=""):
        spans.make()
    assert spans.attributes == [{"tenant.id": "acme"}]


def test_what_a_span_says_itself_stays(spans: Spans) -> None:
    with spanledger.attribution(tenant="scope", user="u-1"):
        spans.make(attributes={"tenant.id": "span"})
    assert spans.attributes == [{"tenant.id": "span", "user.id": "u-1"}]


_SAID = st.dictionaries(st.sampled_from(["tenant", "user", "feature", "desk"]), st.text("abc", max_size=2) | st.none())


@given(st.lists(_SAID, max_size=6))
def test_nested_scopes_merge_like_dicts_from_the_outside_in(scopes: list[dict[str, Any]]) -> None:
    spans = Spans()
    names = {
        "tenant": "tenant.id",
        "user": "user.id",
        "feature": "spanledger.feature",
        "desk": "spanledger.dimension.desk",
    }
    expected: dict[str, str] = {}
    for said in scopes:
        expected |= {names[keyword]: value for keyword, value in said.items() if value}

    def enter(remaining: list[dict[str, Any]]) -> None:
        if remaining:
            with spanledger.attribution(**remaining[0]):
                enter(remaining[1:])
        else:
            spans.make()

    enter(scopes)
    assert spans.attributes == [expected]


def test_one_scope_may_be_entered_again_inside_itself(spans: Spans) -> None:
    scope = spanledger.attribution(tenant="acme")
    with scope:
        with scope:
            pass
        spans.make()
    spans.make()
    assert spans.attributes == [{"tenant.id": "acme"}, {}]


async def _pause() -> None:
    await asyncio.sleep(0)


def test_one_scope_may_be_shared_by_concurrent_tasks(spans: Spans, errors: Callable[[], int]) -> None:
    scope = spanledger.attribution(tenant="acme")

    async def work(pauses: int) -> None:
        async with scope:
            for _ in range(pauses):
                await _pause()
        spans.make()

    async def main() -> None:
        await asyncio.gather(work(1), work(4), work(2))

    asyncio.run(main())
    assert spans.attributes == [{}, {}, {}]
    assert errors() == 0


def test_tasks_inherit_the_scope_they_were_created_in(spans: Spans) -> None:
    async def work() -> None:
        await _pause()
        spans.make()

    async def main() -> None:
        with spanledger.attribution(tenant="acme"):
            task = asyncio.create_task(work())
        await task

    asyncio.run(main())
    assert spans.attributes == [{"tenant.id": "acme"}]


def test_concurrent_tasks_keep_their_own_tenants(spans: Spans) -> None:
    @spanledger.attribution(tenant="tenant")
    async def work(tenant: str) -> None:
        await _pause()
        spans.make(tenant)

    async def main() -> None:
        await asyncio.gather(*(work(f"t{number}") for number in range(20)))

    asyncio.run(main())
    assert all((span.attributes or {})["tenant.id"] == span.name for span in spans.kept)
    assert len(spans.kept) == 20


def test_a_thread_inherits_the_scope_with_a_copied_context(spans: Spans) -> None:
    with spanledger.attribution(tenant="acme"), ThreadPoolExecutor(1) as pool:
        pool.submit(contextvars.copy_context().run, spans.make).result()
        pool.submit(spans.make).result()
    assert spans.attributes == [{"tenant.id": "acme"}, {}]


def test_asyncio_to_thread_inherits_the_scope(spans: Spans) -> None:
    async def main() -> None:
        with spanledger.attribution(tenant="acme"):
            await asyncio.to_thread(spans.make)

    asyncio.run(main())
    assert spans.attributes == [{"tenant.id": "acme"}]


def test_a_decorated_function_is_attributed(spans: Spans) -> None:
    @spanledger.attribution(tenant="acme")
    def work() -> str:
        spans.make()
        return "done"

    assert work() == "done"
    assert spans.attributes == [{"tenant.id": "acme"}]


def test_a_dotted_path_reads_attributes_and_mappings_of_an_argument(spans: Spans) -> None:
    @spanledger.attribution(tenant="request.account.id", user="request.headers.x-user")
    def work(request: Request) -> None:
        spans.make()

    work(Request(Account(7), {"x-user": "u-1"}))
    work(request=Request(Account("acme"), {"x-user": "u-2"}))
    assert spans.attributes == [
        {"tenant.id": "7", "user.id": "u-1"},
        {"tenant.id": "acme", "user.id": "u-2"},
    ]


def test_a_path_may_start_at_self_a_default_or_extra_keywords(spans: Spans) -> None:
    class Service:
        tenant = "acme"

        @spanledger.attribution(tenant="self.tenant", user="user", feature="more.feature")
        def work(self, user: str = "nobody", **more: str) -> None:
            spans.make()

    Service().work(feature="search")
    assert spans.attributes == [{"tenant.id": "acme", "user.id": "nobody", "spanledger.feature": "search"}]


def test_a_string_that_names_no_parameter_is_a_literal(spans: Spans) -> None:
    @spanledger.attribution(tenant="acme.example.com")
    def work(request: object) -> None:
        spans.make()

    work(None)
    assert spans.attributes == [{"tenant.id": "acme.example.com"}]


def test_a_callable_is_called_with_the_arguments(spans: Spans) -> None:
    @spanledger.attribution(tenant=lambda number, *, prefix: f"{prefix}-{number}")
    def work(number: int, *, prefix: str) -> None:
        spans.make()

    work(7, prefix="t")
    assert spans.attributes == [{"tenant.id": "t-7"}]


def test_a_path_that_does_not_resolve_is_left_out_logged_once_and_counted(
    spans: Spans, errors: Callable[[], int], caplog: pytest.LogCaptureFixture
) -> None:
    @spanledger.attribution(tenant="request.missing.id", feature="search")
    def work(request: object) -> str:
        spans.make()
        return "done"

    assert [work(object()), work(object())] == ["done", "done"]
    assert spans.attributes == [{"spanledger.feature": "search"}] * 2
    assert errors() == 2
    assert len(caplog.records) == 1
    assert "tenant" in caplog.text


def test_a_callable_that_raises_does_not_reach_the_app(spans: Spans, errors: Callable[[], int]) -> None:
    @spanledger.attribution(tenant=lambda: 1 // 0)
    def work() -> str:
        spans.make()
        return "done"

    assert work() == "done"
    assert errors() == 1


def test_a_decorated_coroutine_function_stays_one(spans: Spans) -> None:
    @spanledger.attribution(tenant="acme")
    async def work(number: int) -> int:
        await _pause()
        spans.make()
        return number

    assert inspect.iscoroutinefunction(work)
    assert asyncio.run(work(3)) == 3
    assert spans.attributes == [{"tenant.id": "acme"}]


def test_a_decorated_generator_is_attributed_between_yields_and_its_consumer_is_not(spans: Spans) -> None:
    @spanledger.attribution(tenant="acme")
    def work() -> Iterator[int]:
        spans.make("body")
        yield 1
        spans.make("body")
        yield 2

    assert inspect.isgeneratorfunction(work)
    for _ in work():
        spans.make("consumer")
    tenants = [(span.name, (span.attributes or {}).get("tenant.id")) for span in spans.kept]
    assert tenants == [("body", "acme"), ("consumer", None), ("body", "acme"), ("consumer", None)]


def test_a_decorated_generator_passes_send_throw_and_return_through() -> None:
    @spanledger.attribution(tenant="acme")
    def work() -> Any:
        received = yield "first"
        try:
            yield received
        except KeyError:
            yield "caught"
        return "result"

    generator = work()
    assert next(generator) == "first"
    assert generator.send("sent") == "sent"
    assert generator.throw(KeyError()) == "caught"
    with pytest.raises(StopIteration) as stop:
        next(generator)
    assert stop.value.value == "result"


def test_a_span_that_a_generator_keeps_open_over_a_yield_stays_its_own(spans: Spans) -> None:
    @spanledger.attribution(tenant="acme")
    def work() -> Iterator[int]:
        with spans.tracer.start_as_current_span("outer"):
            yield 1
            spans.make("inner")

    for _ in work():
        assert not trace.get_current_span().get_span_context().is_valid
    inner, outer = spans.kept
    assert inner.parent is not None
    assert outer.context is not None
    assert inner.parent.span_id == outer.context.span_id


def test_an_abandoned_generator_is_closed_in_its_context(spans: Spans) -> None:
    @spanledger.attribution(tenant="acme")
    def work() -> Iterator[int]:
        try:
            yield 1
        finally:
            spans.make("cleanup")

    generator = work()
    next(generator)
    del generator
    assert spans.attributes == [{"tenant.id": "acme"}]


def test_a_decorated_asynchronous_generator_is_attributed_between_yields(spans: Spans) -> None:
    @spanledger.attribution(tenant="tenant")
    async def work(tenant: str) -> AsyncIterator[int]:
        await _pause()
        spans.make("body")
        yield 1
        spans.make("body")
        yield 2

    async def main() -> list[int]:
        items = []
        async for item in work("acme"):
            spans.make("consumer")
            items.append(item)
        return items

    assert inspect.isasyncgenfunction(work)
    assert asyncio.run(main()) == [1, 2]
    tenants = [(span.name, (span.attributes or {}).get("tenant.id")) for span in spans.kept]
    assert tenants == [("body", "acme"), ("consumer", None), ("body", "acme"), ("consumer", None)]


def test_decorating_keeps_name_signature_and_the_function_itself() -> None:
    def work(number: int, *, text: str = "x") -> str:
        """Docs."""
        return text * number

    decorated = spanledger.attribution(tenant="acme")(work)
    assert decorated.__name__ == "work"
    assert decorated.__doc__ == "Docs."
    assert inspect.signature(decorated) == inspect.signature(work)
    assert inspect.unwrap(decorated) is work


def test_leaving_a_scope_in_another_thread_is_counted_and_does_not_raise(errors: Callable[[], int]) -> None:
    scope = spanledger.attribution(tenant="acme")
    context = contextvars.copy_context()
    context.run(scope.__enter__)
    thread = threading.Thread(target=scope.__exit__, args=(None, None, None))
    thread.start()
    thread.join()
    assert errors() == 1


def test_a_scope_in_use_by_a_task_that_starts_its_successor_holds_no_chain_of_contexts() -> None:
    scope = spanledger.attribution(tenant="acme")

    async def tick(remaining: int) -> None:
        with scope:
            if remaining:
                task = asyncio.create_task(tick(remaining - 1))
        if remaining:
            await task

    asyncio.run(tick(50))
    assert not scope._open


def test_attribution_decorates_class_methods_and_static_methods() -> None:
    class Desk:
        @spanledger.attribution(tenant="acme")
        @classmethod
        def name(cls) -> str:
            return cls.__name__

        @spanledger.attribution(tenant="acme")
        @staticmethod
        def number() -> int:
            return 7

    assert (Desk.name(), Desk().number()) == ("Desk", 7)


def test_a_literal_that_has_no_text_is_left_out_and_not_raised() -> None:
    class Wordless:
        def __str__(self) -> str:
            raise ValueError("no words")

    @spanledger.attribution(tenant=Wordless())  # type: ignore[arg-type]
    def answer() -> int:
        return 42

    assert answer() == 42


def test_a_literal_that_has_no_text_spoils_neither_its_scope_nor_the_one_around_it(
    spans: Spans, caplog: pytest.LogCaptureFixture
) -> None:
    class Wordless:
        def __str__(self) -> str:
            raise ValueError("no words")

    with spanledger.attribution(tenant="acme"):
        with spanledger.attribution(tenant=Wordless(), user="u-1"):  # type: ignore[arg-type]
            spans.make()
        spans.make()
    first, second = spans.attributes
    assert (first["tenant.id"], first["user.id"]) == ("acme", "u-1")
    assert (second["tenant.id"], "user.id" in second) == ("acme", False)
    assert "left in another context" not in caplog.text

"""What is used wrongly is told, once, where it stands; it neither stops the app nor makes up figures."""

import enum
import logging
import os
import subprocess
import sys
import textwrap
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from otlp_receiver import attributes_of

import spanledger
from spanledger import guard
from spanledger.attribution.attribution_context import KEYWORDS
from spanledger_cli.commands.read import chargeback

ANSWER = {"object": "chat.completion", "model": "m", "usage": {"prompt_tokens": 3, "completion_tokens": 4}}
IN = "gen_ai.usage.input_tokens"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """What was logged, as if nothing had been before."""
    messages: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    logger = logging.Logger("spanledger")
    logger.addHandler(Kept())
    monkeypatch.setattr(guard, "logger", logger)
    monkeypatch.setattr(guard, "_counts", {})
    return lambda: messages


def _only(exported: Callable[[], list[Any]]) -> dict[str, Any]:
    (span,) = exported()
    return attributes_of(span)


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("custmer.id", "customer.id"),
        ("account_id.id", "no parameter"),
        ("ctx.user_email", "no parameter"),
        ("account_id", "no parameter"),
        ("customer['id']", "write 'customer.id'"),
        ("${customer}", "write 'customer.id'"),
    ],
)
def test_a_path_whose_root_is_no_parameter_makes_no_tenant(
    path: str, meant: str, told: Callable[[], list[str]], exported: Callable[[], list[Any]]
) -> None:
    @spanledger.llm_call(tenant=path)
    def ask(customer: Any) -> Any:
        return ANSWER

    ask(None)
    assert "tenant.id" not in _only(exported)
    (message,) = told()
    assert "ask" in message
    assert path in message
    assert meant in message


@pytest.mark.parametrize("name", ["acme.com", "[eu] acme", "{acme}", "$acme"])
def test_a_tenant_with_marks_may_be_a_literal(
    name: str, told: Callable[[], list[str]], exported: Callable[[], list[Any]]
) -> None:
    @spanledger.llm_call(tenant=name)
    def ask(prompt: str) -> Any:
        return ANSWER

    ask("")
    assert _only(exported)["tenant.id"] == name
    assert told() == []


def test_an_operation_that_nobody_knows_is_told_and_booked_as_a_chat(
    told: Callable[[], list[str]], exported: Callable[[], list[Any]]
) -> None:
    @spanledger.llm_call(operation="summarize")
    def ask() -> Any:
        return ANSWER

    ask()
    for operation in ("sumarise", ["chat"], " Chat "):
        said: dict[str, Any] = {"operation": operation}
        spanledger.record_usage(provider="p", model="m", input_tokens=1, output_tokens=1, **said)
    assert [attributes_of(span)["gen_ai.operation.name"] for span in exported()] == ["chat"] * 4
    assert [name in message for name, message in zip(("summarize", "sumarise", "['chat']"), told(), strict=True)] == [
        True, True, True,
    ]  # fmt: skip


@pytest.mark.parametrize("answer", ["SECRET", ("SECRET", 3), ["SECRET"], None, {"input": 1, "cost": 2}], ids=repr)
def test_a_function_that_returns_no_answer_is_told_once_by_name(
    answer: Any, told: Callable[[], list[str]], exported: Callable[[], list[Any]]
) -> None:
    @spanledger.llm_call
    def summarize() -> Any:
        return answer

    for _ in range(3):
        assert summarize() == answer
    (message,) = told()
    assert "summarize" in message
    assert "return the provider's answer itself" in message
    assert "SECRET" not in message
    for span in exported():
        assert attributes_of(span)["spanledger.usage.note"].startswith("the function returned ")


@pytest.mark.parametrize("usage", [{}, {"prompt_tokens": "3"}, None], ids=repr)
def test_an_answer_that_tells_no_usage_is_told(
    usage: Any, told: Callable[[], list[str]], exported: Callable[[], list[Any]]
) -> None:
    @spanledger.llm_call
    def ask() -> Any:
        return {**ANSWER, "usage": usage}

    for _ in range(3):
        ask()
    (message,) = told()
    assert "ask: the provider's answer told no usage" in message
    assert attributes_of(exported()[0])["spanledger.usage.note"] == "the answer told no usage"


def _yields(*items: Any) -> Callable[[], Any]:
    def summarize() -> Any:
        yield from items

    return summarize


def _returns_an_iterator(*items: Any) -> Callable[[], Any]:
    def summarize() -> Any:
        return iter(items)

    return summarize


@pytest.mark.parametrize("make", [_yields, _returns_an_iterator])
def test_a_stream_of_texts_is_told_once_by_name(
    make: Any, told: Callable[[], list[str]], exported: Callable[[], list[Any]]
) -> None:
    ask = spanledger.llm_call(make("SECRET", "SECRET"))
    for _ in range(3):
        assert list(ask()) == ["SECRET", "SECRET"]
    (message,) = told()
    assert "summarize: it yielded a str, which tells no usage: yield the provider's chunks themselves" in message
    assert "SECRET" not in message
    for span in exported():
        assert attributes_of(span)["spanledger.usage.note"] == "the function yielded a str"


def test_a_stream_that_was_not_asked_for_usage_is_told(
    told: Callable[[], list[str]], exported: Callable[[], list[Any]]
) -> None:
    chunk = {"object": "chat.completion.chunk", "id": "c", "model": "m", "choices": [{"delta": {"content": "SECRET"}}]}
    list(spanledger.llm_call(_yields(chunk, chunk))())
    (message,) = told()
    assert "stream_options={'include_usage': True}" in message
    assert _only(exported)["spanledger.usage.note"] == "the stream told no usage"


def test_a_stream_that_is_left_early_says_nothing_of_usage(
    told: Callable[[], list[str]], exported: Callable[[], list[Any]]
) -> None:
    stream = spanledger.llm_call(_yields("a", "b"))()
    next(stream)
    stream.close()
    assert _only(exported)["spanledger.outcome"] == "abandoned"
    assert told() == []


@pytest.mark.parametrize(
    ("typo", "meant"),
    [("cached_tokens", "cache_read_tokens"), ("cache_read_token", "cache_read_tokens"), ("respons_id", "response_id")],
)
def test_a_count_that_is_nearly_one_of_ours_is_told(
    typo: str, meant: str, told: Callable[[], list[str]], exported: Callable[[], list[Any]]
) -> None:
    said: dict[str, Any] = {typo: 5}
    spanledger.record_usage(provider="p", model="m", input_tokens=10, output_tokens=1, **said)
    (message,) = told()
    assert f"did you mean {meant}=" in message


def test_a_slip_in_the_use_of_a_vendor_is_told(
    told: Callable[[], list[str]], exported: Callable[[], list[Any]]
) -> None:
    said: dict[str, Any] = {"servce": "nova"}
    spanledger.record_vendor_usage(vendor="v", unit="page", quantity=1, **said)
    (message,) = told()
    assert "record_vendor_usage: servce=... is taken as a dimension of that name; did you mean service=" in message


@pytest.mark.parametrize("count", [float("nan"), float("inf"), 2**63, 2**70, -1, 1.5, "3"], ids=repr)
@pytest.mark.parametrize("which", ["input_tokens", "output_tokens", "cache_read_tokens", "reasoning_tokens"])
def test_a_count_that_is_no_count_is_refused(
    count: Any, which: str, told: Callable[[], list[str]], exported: Callable[[], list[Any]]
) -> None:
    said: dict[str, Any] = {"input_tokens": 10, "output_tokens": 1, which: count}
    spanledger.record_usage(provider="p", model="m", **said)
    assert exported() == []
    assert len(told()) == 1


@pytest.mark.parametrize("count", [np.int64(7), 7.0, np.float32(7)], ids=repr)
def test_a_count_of_another_kind_of_number_is_one(count: Any, exported: Callable[[], list[Any]]) -> None:
    spanledger.record_usage(provider="p", model="m", input_tokens=count, output_tokens=1)
    assert _only(exported)[IN] == 7


@pytest.mark.parametrize("model", [None, "", 3], ids=repr)
def test_a_call_of_an_unknown_model_is_booked_and_told(
    model: Any, told: Callable[[], list[str]], exported: Callable[[], list[Any]]
) -> None:
    spanledger.record_usage(provider="p", model=model, input_tokens=1, output_tokens=1)
    assert "gen_ai.request.model" not in _only(exported)
    (message,) = told()
    assert "is no name: the call is booked without a model" in message


def test_the_one_answer_in_a_tuple_is_read(told: Callable[[], list[str]], exported: Callable[[], list[Any]]) -> None:
    @spanledger.llm_call
    def ask() -> Any:
        return "SECRET", ANSWER

    ask()
    assert _only(exported)[IN] == 3
    assert told() == []


@pytest.mark.parametrize(
    "decorate", [spanledger.llm_call(), spanledger.attribution(tenant="acme")], ids=["call", "who"]
)
def test_what_is_no_function_stays_as_it_is(decorate: Any, told: Callable[[], list[str]]) -> None:
    class Client:
        pass

    something = property(lambda self: 1)
    assert decorate(Client) is Client
    assert decorate(something) is something
    assert decorate(3) == 3
    assert len(told()) == 3
    assert "Client" in told()[0]


def test_a_name_without_its_keyword_is_told_and_does_not_fail(
    told: Callable[[], list[str]], exported: Callable[[], list[Any]]
) -> None:
    name: Any = "openai"
    assert spanledger.llm_call(name)(lambda: ANSWER)() == ANSWER
    with spanledger.attribution(name):
        pass
    assert spanledger.attribution(name)(lambda: 1)() == 1
    assert _only(exported)[IN] == 3
    assert ["with keywords" in message or "provider=" in message for message in told()] == [True, True]


@pytest.mark.parametrize("moment", [1_800_000_000, 1_800_000_000_000, 1.8e9, "2026-11-02"])
def test_a_time_in_another_unit_is_refused(
    moment: Any, told: Callable[[], list[str]], exported: Callable[[], list[Any]]
) -> None:
    spanledger.record_usage(provider="p", model="m", input_tokens=1, output_tokens=1, start_time=moment)
    assert exported() == []
    assert "nanoseconds since 1970" in told()[0]


def test_each_fault_of_a_site_is_told(told: Callable[[], list[str]]) -> None:
    for wrong in ({"start_time": 5}, {"input_tokens": -1}, {"start_time": 7}):
        said: dict[str, Any] = {"provider": "p", "model": "m", "input_tokens": 1, "output_tokens": 1, **wrong}
        spanledger.record_usage(**said)
    assert ["time 5" in told()[0], "input_tokens" in told()[1], len(told())] == [True, True, 2]


def test_attribution_without_keywords_is_told(told: Callable[[], list[str]]) -> None:
    @spanledger.attribution  # type: ignore[operator]
    def ask() -> int:
        return 1

    assert ask() == 1
    assert "@attribution(tenant=...)" in told()[0]


@pytest.mark.parametrize(
    ("typo", "meant"),
    [("tenat", "tenant"), ("tenant_id", "tenant"), ("runid", "run_id"), ("Feature", "feature"), ("env", "environment")],
)
def test_a_keyword_that_is_nearly_one_of_ours_is_told(typo: str, meant: str, told: Callable[[], list[str]]) -> None:
    for _ in range(2):
        with spanledger.attribution(**{typo: "acme"}):
            pass
    (message,) = told()
    assert f"did you mean {meant}=" in message


def test_a_dimension_of_its_own_is_not_told(told: Callable[[], list[str]]) -> None:
    with spanledger.attribution(desk="emea", country="eu", team="search"):
        pass
    assert told() == []


@pytest.mark.parametrize("name", sorted({*chargeback._DIMENSIONS.known} - {*KEYWORDS}))
def test_a_dimension_that_reports_call_something_else_is_told(name: str, told: Callable[[], list[str]]) -> None:
    said: dict[str, Any] = {name: "eu"}
    with spanledger.attribution(**said):
        pass
    (message,) = told()
    assert f"--by {name} is something else" in message


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (7, 7), (7.5, 7.5), (True, True), (10**30, str(10**30)), (float("nan"), None), (float("inf"), None),
        (b"emea", None), ("x" * 257, None),
    ],
    ids=lambda value: repr(value)[:20],
)  # fmt: skip
def test_a_dimension_is_a_name_or_a_number(
    said: Any, found: Any, told: Callable[[], list[str]], exported: Callable[[], list[Any]]
) -> None:
    with spanledger.attribution(desk=said):
        spanledger.record_usage(provider="p", model="m", input_tokens=1, output_tokens=1)
    assert _only(exported).get("spanledger.dimension.desk") == found
    assert len(told()) == (found is None)


def test_more_dimensions_than_a_call_has_room_for_do_not_push_out_its_tokens_and_tenant(
    told: Callable[[], list[str]], exported: Callable[[], list[Any]]
) -> None:
    many: dict[str, Any] = {f"d{number}": "x" for number in range(200)}
    with spanledger.attribution(tenant="acme", **many):
        spanledger.record_usage(provider="p", model="m", input_tokens=1, output_tokens=1)
    spanledger.record_usage(provider="p", model="m", input_tokens=1, output_tokens=1, tenant="acme", **many)
    for found in map(attributes_of, exported()):
        assert (found["tenant.id"], found[IN], found["gen_ai.request.model"]) == ("acme", 1, "m")
        assert len([name for name in found if name.startswith("spanledger.dimension.")]) == 48
    assert "152 of 200 dimensions are left out" in told()[0]


class Kind(enum.Enum):
    GOLD = "gold"


class Label(str):
    """A text that compares in a way of its own, and so has no hash."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other)

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (7, "7"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Kind.GOLD, "gold"),
        (Label("acme"), "acme"),
        (" acme ", "acme"),
        ("ac\nme\x00\u202e", "acme"),
        ("gpt\ud800", "gpt"),
        ("Müller & Söhne", "Müller & Söhne"),
        ("  \t ", None),
        ("", None),
        ("x" * 10_000, None),
        ("(unattributed)", None),
        ("Total", None),
        ("(idle)", None),
        (object(), None),
        (["acme"], None),
        ({"id": 1}, None),
        (b"acme", None),
    ],
    ids=lambda value: type(value).__name__ if type(value) is object else repr(value)[:40],
)
def test_a_tenant_is_a_name(
    said: Any, found: str | None, told: Callable[[], list[str]], exported: Callable[[], list[Any]]
) -> None:
    with spanledger.attribution(tenant=said):
        spanledger.record_usage(provider="p", model="m", input_tokens=1, output_tokens=1)
    assert _only(exported).get("tenant.id") == found
    as_it_is = isinstance(said, int | uuid.UUID | enum.Enum) or said in (found, "")
    assert len(told()) == (0 if as_it_is else 1)


def test_a_feature_may_be_called_total(told: Callable[[], list[str]], exported: Callable[[], list[Any]]) -> None:
    with spanledger.attribution(feature="total"):
        spanledger.record_usage(provider="p", model="m", input_tokens=1, output_tokens=1)
    assert _only(exported)["spanledger.feature"] == "total"


class Exits:
    """An answer whose attributes end the process."""

    def __getattr__(self, name: str) -> Any:
        raise SystemExit(3)


def test_a_system_exit_out_of_an_answers_attribute_stays_out_of_the_app(exported: Callable[[], list[Any]]) -> None:
    answer = Exits()

    @spanledger.llm_call
    def ask() -> Any:
        return answer

    assert ask() is answer
    assert len(exported()) == 1


def test_a_system_exit_of_a_signals_handler_ends_the_app() -> None:
    code = """
    import os, signal, sys, spanledger
    from spanledger import guard
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
    with guard.Shield("reading"):
        os.kill(os.getpid(), signal.SIGTERM)
    sys.exit(0)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], env=os.environ, timeout=60, check=False)
    assert done.returncode == 3

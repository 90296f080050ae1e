"""Every stream of tests/fixtures/wild in every form an app may hand it on in: each tells what the plainest tells."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import pytest
from harness import wild
from otlp_receiver import attributes_of

import spanledger

pytestmark = pytest.mark.usefixtures("tracer_provider")


def _streams() -> Iterator[Any]:
    for case in wild.cases("calls.json"):
        for number, call in enumerate(json.loads((wild.WILD / case / "calls.json").read_text())["calls"]):
            if "stream" in call:
                yield pytest.param(call, id=f"{case}-{number}")


class _Chunks:
    """An object that is iterated either way, as the providers' libraries hand out."""

    def __init__(self, chunks: list[Any]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[Any]:
        return iter(self._chunks)

    async def __aiter__(self) -> AsyncIterator[Any]:
        for chunk in self._chunks:
            yield chunk


def _iterator(call: dict[str, Any]) -> list[Any]:
    @spanledger.llm_call(**call["kw"])
    def ask() -> Any:
        return iter(call["stream"])

    return list(ask())


def _iterable(call: dict[str, Any]) -> list[Any]:
    @spanledger.llm_call(**call["kw"])
    def ask() -> Any:
        return (chunk for chunk in _Chunks(call["stream"]))

    return list(ask())


def _generator_function(call: dict[str, Any]) -> list[Any]:
    @spanledger.llm_call(**call["kw"])
    def ask() -> Iterator[Any]:
        yield from call["stream"]

    return list(ask())


def _manager(call: dict[str, Any]) -> list[Any]:
    @spanledger.llm_call(**call["kw"])
    @contextlib.contextmanager
    def ask() -> Iterator[Any]:
        yield iter(call["stream"])

    with ask() as stream:
        return list(stream)


async def _async_iterator(call: dict[str, Any]) -> list[Any]:
    @spanledger.llm_call(**call["kw"])
    def ask() -> Any:
        return _Chunks(call["stream"]).__aiter__()

    return [chunk async for chunk in ask()]


async def _coroutine(call: dict[str, Any]) -> list[Any]:
    @spanledger.llm_call(**call["kw"])
    async def ask() -> Any:
        return _Chunks(call["stream"]).__aiter__()

    return [chunk async for chunk in await ask()]


async def _async_generator_function(call: dict[str, Any]) -> list[Any]:
    @spanledger.llm_call(**call["kw"])
    async def ask() -> AsyncIterator[Any]:
        for chunk in call["stream"]:
            yield chunk

    return [chunk async for chunk in ask()]


async def _async_manager(call: dict[str, Any]) -> list[Any]:
    @spanledger.llm_call(**call["kw"])
    @contextlib.asynccontextmanager
    async def ask() -> AsyncIterator[Any]:
        yield _Chunks(call["stream"]).__aiter__()

    async with ask() as stream:
        return [chunk async for chunk in stream]


_FORMS: list[Callable[[dict[str, Any]], list[Any]]] = [_iterable, _generator_function, _manager]
_ASYNC_FORMS: list[Callable[[dict[str, Any]], Coroutine[Any, Any, list[Any]]]] = [
    _async_iterator,
    _coroutine,
    _async_generator_function,
    _async_manager,
]


@pytest.mark.parametrize("call", list(_streams()))
def test_every_form_of_a_stream_tells_the_same(call: dict[str, Any], exported: Callable[[], list[Any]]) -> None:
    assert _iterator(call) == call["stream"]
    for form in _FORMS:
        assert form(call) == call["stream"]
    for async_form in _ASYNC_FORMS:
        assert asyncio.run(async_form(call)) == call["stream"]
    plain, *others = [_told(span) for span in exported()]
    assert plain
    assert others == [plain] * (len(_FORMS) + len(_ASYNC_FORMS))


def _told(span: Any) -> dict[str, Any]:
    return {name: value for name, value in attributes_of(span).items() if "time" not in name and "code." not in name}

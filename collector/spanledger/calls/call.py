"""One LLM call in the making: its span, what its answer or its stream adds to it, and how it ends."""

import functools
import json
from collections.abc import Callable, Mapping
from time import perf_counter
from types import CoroutineType
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from weakref import WeakSet

from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.util.types import AttributeValue

from spanledger import attributes, guard
from spanledger.calls.stream import WatchedAsyncStream, WatchedEitherStream, WatchedStream
from spanledger.calls.stream_manager import (
    WatchedAsyncGeneratorManager,
    WatchedAsyncManager,
    WatchedGeneratorManager,
    WatchedManager,
)
from spanledger.tracing import tracer

if TYPE_CHECKING:
    from spanledger.answers.reading import StreamedAnswer

R = TypeVar("R")


class Call:
    """One call, from the start of its span to its end; also the session that watches its stream.

    A call that turns out to be made of instrumented calls below it says nothing of usage itself: they do.

    Args:
        span: Its span, started.
        context: The context that the call runs in, with the span in it.
        known: The attributes that are known before the answer; the answer does not overrule the provider in them.
        function: The name of the decorated function, where there is one.
    """

    __slots__ = (
        "__weakref__", "_attempts", "_begun", "_below", "_chunks", "_ended", "_function", "_last", "_span", "context",
        "known",
    )  # fmt: skip

    def __init__(
        self, span: Span, context: Context, known: Mapping[str, AttributeValue], function: str | None = None
    ) -> None:
        self.context = context
        self.known = known
        self._function = function
        self._span = span
        self._begun = perf_counter()
        self._chunks: StreamedAnswer | None = None
        self._ended = False
        self._attempts = 1
        self._below = False
        self._last: type = type(None)

    @property
    def ended(self) -> bool:
        """Whether its span has ended."""
        return self._ended

    def answer(self, result: R) -> R:
        """Takes the call's result: ends the span, or has a stream end it. Returns what the app shall get."""
        with _READING:
            if self._span.is_recording():
                kind: Any = type(result)
                stand_in = _stand_in_for(kind)
                if stand_in is not None:
                    return cast("R", stand_in(result, self))
                if kind is dict and self._watch_inside(cast("dict[str, Any]", result)):
                    return result
                found = _reading().read_answer(result, self.known)
                if not found:
                    found = self._found_inside(result)
                elif _TOLD_BY_MOST not in found and attributes.COUNTS.isdisjoint(found):
                    found |= self._told_nothing(found)
                self._set(found)
        self._end()
        return result

    def item(self, item: object) -> None:
        """Sees a chunk of the stream."""
        with _STREAMING:
            if self._chunks is None:
                self._chunks = _reading().StreamedAnswer(self.known)
                self._span.set_attribute(attributes.REQUEST_STREAM, True)
                self._span.set_attribute(attributes.RESPONSE_TIME_TO_FIRST_CHUNK, perf_counter() - self._begun)
                _open.add(self)
            self._last = type(item)
            self._chunks.see(item)

    def done(self, error: BaseException | None) -> None:
        """Ends the span of a stream, or of a call that failed; what comes after the first end is ignored."""
        if self._ended:
            return
        with _ENDING:
            found: dict[str, AttributeValue] = {}
            if self._chunks is not None:
                _open.discard(self)
                found = self._chunks.attributes()
                self._set(found)
            abandoned = isinstance(error, GeneratorExit)
            if error is not None and not abandoned:
                self._fail(error)
            elif abandoned and not (self._chunks and self._chunks.finished):
                self._span.set_attribute(attributes.OUTCOME, attributes.OUTCOME_ABANDONED)
            else:
                self._span.set_attribute(attributes.OUTCOME, attributes.OUTCOME_COMPLETE)
                if self._chunks is not None and attributes.COUNTS.isdisjoint(found):
                    self._set(self._streamed_nothing(found))
        self._end()

    async def awaited(self, coroutine: Any) -> Any:
        """Awaits what a plain function returned in place of an answer."""
        token = attach(self.context)
        try:
            result = await coroutine
        except BaseException as error:
            self.failed(error)
            raise
        finally:
            detach(token)
        return self.answer(result)

    def failed(self, error: BaseException) -> None:
        """Ends the span of a call that raised."""
        if self._ended:
            return
        with _ENDING:
            self._fail(error)
        self._end()

    def retried(self, status: int | None) -> None:
        """An attempt has failed, and another one follows.

        Args:
            status: The HTTP status of the answer, where there was one.
        """
        with _ENDING:
            event: dict[str, AttributeValue] = {attributes.ATTEMPT: self._attempts}
            if status is not None:
                event[attributes.HTTP_STATUS_CODE] = status
            self._span.add_event(attributes.FAILED_ATTEMPT_EVENT, event)
            self._attempts += 1

    def has_below(self) -> None:
        """An instrumented call begins within this one, and will report for itself."""
        if not self._below:
            self._below = True
            self._span.set_attribute(attributes.ROLE, attributes.ROLE_CONTEXT)

    def _watch_inside(self, result: dict[str, Any]) -> bool:
        """Bedrock's streams come inside a dict: watches the one in it, where there is one."""
        for key in ("stream", "body"):
            if key in result and type(result[key]).__name__ == "EventStream":
                result[key] = WatchedStream(result[key], self)
                return True
        return False

    def _found_inside(self, result: object) -> dict[str, AttributeValue]:
        """What the one answer among the items of a tuple or list says; of what tells no usage is told whose it is."""
        if isinstance(result, tuple | list):
            read: list[dict[str, AttributeValue]] = [
                found for item in result[:_MOST_ITEMS] if (found := _reading().read_answer(item, self.known))
            ]
            if len(read) == 1:
                return read[0]
        if self._below or self._function is None:
            return {}
        guard.note(
            f"llm_call of {self._function}",
            f"it returned {_described(result)}, which tells no usage: return the provider's answer itself, alone or in"
            f" a tuple; {_OR_ELSE}",
        )
        return {attributes.USAGE_NOTE: f"the function returned {_described(result)}"}

    def _told_nothing(self, found: Mapping[str, AttributeValue]) -> dict[str, AttributeValue]:
        """Tells of an answer of a known shape that says nothing of what was used."""
        if self._below or self._function is None or attributes.USAGE_NOTE in found:
            return {}
        guard.note(f"llm_call of {self._function}", "the provider's answer told no usage: its calls have no cost")
        return {attributes.USAGE_NOTE: "the answer told no usage"}

    def _streamed_nothing(self, found: Mapping[str, AttributeValue]) -> dict[str, AttributeValue]:
        """Tells of a stream that came to its end without any usage."""
        if self._below:
            return {}
        if found:
            site = f"llm_call of {self._function}" if self._function else "a stream"
            guard.note(
                site,
                "the provider's stream told no usage: ask for it; of OpenAI's chat and those like it with"
                " stream_options={'include_usage': True}",
            )
            return {attributes.USAGE_NOTE: "the stream told no usage"}
        if self._function is None:
            return {}
        item = f"a {self._last.__qualname__}"
        guard.note(
            f"llm_call of {self._function}",
            f"it yielded {item}, which tells no usage: yield the provider's chunks themselves; {_OR_ELSE}",
        )
        return {attributes.USAGE_NOTE: f"the function yielded {item}"}

    def _fail(self, error: BaseException) -> None:
        # The message may quote the prompt, so only the type is told.
        kind: Any = type(error)
        from spanledger.calls.failure import read_failure  # noqa: PLC0415 (not before the first failure)

        self._set(read_failure(error, self.known))
        self._span.set_attribute(attributes.ERROR_TYPE, _qualified_name(kind))
        status = getattr(error, "status_code", None)
        if isinstance(status, int):
            self._span.set_attribute(attributes.HTTP_STATUS_CODE, status)
        self._span.set_status(StatusCode.ERROR)

    def _set(self, found: dict[str, AttributeValue]) -> None:
        if self._below:
            return
        if attributes.PROVIDER_NAME in self.known:
            found.pop(attributes.PROVIDER_NAME, None)
        others = found.pop(attributes.OTHER_MODELS, None)
        if others is not None:
            self._tell_others(str(others))
        self._span.set_attributes(found)

    def _tell_others(self, others: str) -> None:
        """Tells what other models used in the call, each by a span of its own below this one."""
        where = (attributes.OPERATION_NAME, attributes.CLOUD_REGION, attributes.CLOUD_PROVIDER)
        known = {name: self.known[name] for name in where if name in self.known}
        for other in json.loads(others):
            model = other[attributes.RESPONSE_MODEL]
            begun = getattr(self._span, "start_time", None)
            said = {**known, attributes.REQUEST_MODEL: model, **other}
            tracer().start_span(f"chat {model}", self.context, SpanKind.CLIENT, said, (), begun).end()

    def _end(self) -> None:
        self._ended = True
        with _ENDING:
            if self._attempts > 1:
                self._span.set_attribute(attributes.ATTEMPTS, self._attempts)
            self._span.end()
            # Span and call hold each other, which only the collector of cycles would find.
            self._span.__dict__.pop("_spanledger_call", None)


@functools.cache
def _reading() -> Any:
    """How answers are read: not before the first, since importing the library is to cost an app nothing."""
    from spanledger.answers import reading  # noqa: PLC0415

    return reading


def end_open_calls() -> None:
    """Ends the calls whose streams the app still holds half-read: the process ends, and nobody will read on."""
    for call in list(_open):
        call.done(GeneratorExit())


@functools.lru_cache(maxsize=256)
def _stand_in_for(kind: Any) -> Callable[[Any, Call], Any] | None:
    """What to hand on in place of a result that is not an answer yet; `None` for an answer."""
    if kind is CoroutineType:
        return lambda result, call: call.awaited(result)
    is_iterator, is_async = hasattr(kind, "__next__"), hasattr(kind, "__aiter__")
    if is_iterator and is_async:
        return WatchedEitherStream
    if is_async:
        return WatchedAsyncStream
    if is_iterator:
        return WatchedStream
    if kind.__name__.endswith("StreamManager"):  # of the openai and anthropic SDKs
        return WatchedAsyncManager if hasattr(kind, "__aenter__") else WatchedManager
    return _OF_GENERATORS.get(kind.__name__) if kind.__module__ == "contextlib" else None


def _described(result: object) -> str:
    if isinstance(result, dict) and result:
        return "a dict of an unknown shape"
    return "None" if result is None else f"a {type(result).__qualname__}"


@functools.lru_cache(maxsize=256)
def _qualified_name(kind: Any) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


_open: WeakSet[Call] = WeakSet()  # streams that were begun and not ended
_OF_GENERATORS: Final = {
    "_GeneratorContextManager": WatchedGeneratorManager,
    "_AsyncGeneratorContextManager": WatchedAsyncGeneratorManager,
}
_OR_ELSE: Final = "or call spanledger.instrument(), which sees it; or use record_usage in place of llm_call"
_TOLD_BY_MOST: Final = attributes.USAGE_INPUT_TOKENS  # asked first: it is cheaper than asking for all
_MOST_ITEMS: Final = 8  # of a tuple or list that are looked at
_READING: Final = guard.Shield("reading an llm_call answer")
_STREAMING: Final = guard.Shield("reading a chunk of a stream")
_ENDING: Final = guard.Shield("ending an llm_call span")
